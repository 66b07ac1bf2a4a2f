/*
 * route - which engine a place needs: HTTP/1.1 our own, HTTP/2 and proxies libcurl's.
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
