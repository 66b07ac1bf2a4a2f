/*
 * engines - all engines of a thread as one: each request goes to the engine that its place needs.
 *
 *     worker -- start --> engines -- by endpoint --> engine_h1, engine_h2, engine_curl
 *        ^                                                |
 *        `-------------------------- done ---------------'
 *
 * An exchange that a redirect sends from one engine's place to another's is handed over with its
 * next hop: the engine that gives it up forgets it, the other one resumes it and ends it. So it has
 * one `done`, its moments and counts go on, and its time-out still counts from its start.
 *
 * An engine is made when it is first needed; for endpoints that need it that is before the run.
 * They share the links (link.h) of the thread.
 */
#ifndef LOADGEN_HTTP_ENGINES_H
#define LOADGEN_HTTP_ENGINES_H

#include "loadgen/http/engine.h"

extern const struct engine_type engines;

#endif
