/*
 * h2 - the state of an HTTP/2 engine, and its parts. A part calls only parts below it.
 *
 *     engine.c   the contract: start, resume, timeouts
 *     events.c   events of links; a connection that has opened or failed
 *     follow.c   the end of a stream: done, retry, redirect, another engine
 *     wire.c     bytes to and from links
 *     assign.c   which connection carries a stream; connections that are retired or lost
 *     end.c      the end of an exchange
 *     conn.c     connections, pools and free lists      session/    HTTP/2 on one connection
 *
 * All effects except sending are immediate. The outermost call (h2_enter, h2_leave in wire.h) sends
 * what was queued, and releases connections that are no longer needed. Otherwise a connection is
 * released only when it is lost (h2_lose), when it is handed over, when its dial is canceled, or
 * with its owner or the engine; never from inside its session.
 *
 * Threads: all parts run on the engine's thread. Memory: conn.h.
 */
#ifndef LOADGEN_HTTP_H2_H2_H
#define LOADGEN_HTTP_H2_H2_H

#include "loadgen/http/h2/conn.h"
#include "loadgen/http/hop.h"

enum {
    H2_PACK_BYTES = 65536,
    H2_RETRIES_MAX = 5, /* per request */
};

struct h2 {
    struct engine engine; /* first member: an engine is cast to its h2 */
    struct engine_config config;
    engine_done_fn *done;
    void *owner;
    struct h2_conns conns;
    struct flights flights;
    struct h2_conn *dirty; /* connections to flush */
    bool is_ending;        /* the run was abandoned */
    unsigned call_depth;   /* nested calls into the engine */
    /* Values at the last check of idle connections: */
    uint64_t changes; /* resolver_changes */
    struct engine_limits limits;
    void (*on_ready)(struct loop_watch *watch, uint32_t events); /* callback of all links */
    const struct dial_owner *dial_owner;
    char receive[LINK_RECEIVE];
    char pack[H2_PACK_BYTES];
    char scratch[HOP_BYTES_MAX]; /* for hops: the other buffers may be in use */
};

/* Marks a connection that may have something to send, or may no longer be needed. */
static inline void h2_mark_dirty(struct h2_conn *conn)
{
    if (!conn->is_dirty) {
        conn->is_dirty = true;
        conn->next_dirty = conn->h2->dirty;
        conn->h2->dirty = conn;
    }
}

#endif
