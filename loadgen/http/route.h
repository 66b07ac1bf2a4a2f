/*
 * route - which engine a place needs.
 *
 *     -h2c and http://            engine_h2
 *     behind a proxy (proxy.h)    engine_curl
 *     https://, -http2            engine_h2, which hands over what turns out to be HTTP/1.1
 *     all else                    engine_h1
 *
 * Threads: a pure function.
 */
#ifndef LOADGEN_HTTP_ROUTE_H
#define LOADGEN_HTTP_ROUTE_H

#include "loadgen/http/engine.h"

/* The host has no brackets. */
const struct engine_type *route_to(const struct engine_config *config, bool is_https,
                                   const char *host, uint16_t port);

#endif
