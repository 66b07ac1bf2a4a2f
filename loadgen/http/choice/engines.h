/*
 * engines - all engines of a thread as one: passes each request to the engine for its destination.
 *
 *     worker -- start --> engines -- by endpoint --> engine_h1, engine_h2, engine_curl
 *        ^                                                |
 *        `-------------------------- done ---------------'
 *
 *     -h2c and http://             engine_h2
 *     through a proxy (proxy.h)    engine_curl
 *     https:// and -http2          engine_h2, which hands over if the server chooses HTTP/1.1
 *     everything else              engine_h1
 *
 * If a redirect leads to a destination of another engine, the first engine hands over the exchange
 * and the second completes it. `done` is still called once. The exchange keeps its counts and its
 * started_ns, from which the timeout still runs.
 *
 * engine_h1 and the engines for the endpoints of the targets are created before the run, the others
 * when first needed. All engines of a thread share its links (link.h).
 */
#ifndef LOADGEN_HTTP_CHOICE_ENGINES_H
#define LOADGEN_HTTP_CHOICE_ENGINES_H

#include "loadgen/http/engine.h"

extern const struct engine_type engines;

#endif
