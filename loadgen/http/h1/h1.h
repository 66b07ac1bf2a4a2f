/*
 * h1 - the state of an HTTP/1.1 engine, and its parts. A part calls only parts below it.
 *
 *     engine.c   the contract: start, resume, timeouts; events of links
 *     course.c   an exchange from its first try to its end: dial, retry, redirect, another engine
 *     wire.c     a try: the request and its answer, on an open connection
 *     conn.c     connections, pools and the free list
 *
 * Threads: all parts run on the engine's thread. Memory: conn.h.
 */
#ifndef LOADGEN_HTTP_H1_H1_H
#define LOADGEN_HTTP_H1_H1_H

#include "loadgen/http/h1/conn.h"
#include "loadgen/http/hop.h"
#include "loadgen/http/outgoing.h"

struct h1 {
    struct engine engine; /* first member: an engine is cast to its h1 */
    struct engine_config config;
    struct loop *loop;
    engine_done_fn *done;
    void *owner;
    struct conns conns;
    const struct dial_owner *dial_owner;
    /* Values at the last check of idle connections: */
    uint64_t changes; /* resolver_changes */
    struct engine_limits limits;
    char receive[LINK_RECEIVE];
    char scratch[OUTGOING_SCRATCH];
};

_Static_assert((int)LINK_RECEIVE >= (int)HOP_BYTES_MAX, "hops are made in the buffer for answers");

#endif
