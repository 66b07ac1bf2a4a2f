/*
 * conn - the connections of an HTTP/1.1 engine.
 *
 *     free list  ->  in flight (flights.h)  <->  idle in its origin's pool
 *         ^             |         |                         |
 *         |             |         v                         |
 *         +-------------+<---- closing                      |
 *         +-------------------------------------------------+
 *
 * A closing connection (closing.h) is in no pool.
 *
 * Only bookkeeping; wire.c sends and receives.
 *
 * Threads: belongs to the engine's thread. Memory: slabs, freed by conns_fini.
 */
#ifndef LOADGEN_HTTP_H1_CONN_H
#define LOADGEN_HTTP_H1_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/answer/answer.h"
#include "loadgen/http/closing.h"
#include "loadgen/http/dial.h"
#include "loadgen/http/engine.h"
#include "loadgen/http/flights.h"
#include "loadgen/http/origins.h"
#include "loadgen/net/link/link.h"
#include "loadgen/net/turns.h"

enum conn_state {
    CONN_FREE,    /* no socket; in the free list */
    CONN_DIALING, /* an exchange waits for the connection */
    CONN_BUSY,    /* sending, receiving, or both */
    CONN_IDLE,    /* connected, no exchange; in the pool of its origin */
    CONN_CLOSING, /* no exchange, no pool; waits for the server to close it (closing.h) */
};

/* What to do with a connection after its exchange. */
enum conn_after {
    AFTER_CLOSE,
    AFTER_SERVER_CLOSES, /* the answer is complete, and no other exchange may follow */
    AFTER_KEEP,          /* it can carry another exchange */
};

struct h1;

struct conn {
    struct link link; /* first member: the loop's callback casts it to its conn */
    struct h1 *h1;
    struct pool *pool; /* of its origin */
    struct lane *lane; /* of the pool; NULL: not idle so far */
    struct flight flight;
    struct conn *next; /* in the free list or a lane */
    struct conn *prev;
    struct dial dial;
    const struct request *request; /* being sent: the exchange's, or its hop after a redirect */
    struct request hop;
    char *hop_bytes; /* HOP_BYTES_MAX; NULL before the first redirect */
    size_t length;   /* of the request, including the digits of its number */
    size_t written;  /* bytes that the kernel has accepted */
    enum conn_state state;
    enum conn_after after; /* AFTER_CLOSE until the answer is complete */
    bool is_reused;        /* has carried a complete exchange before */
    struct exchange exchange;
    struct answer answer;
    struct capture capture;
};

/* The idle connections of a pool to one address. */
struct lane {
    struct turn turn;  /* first member: see turns.h */
    struct conn *idle; /* most recently used first */
};

/* The connections to one origin. */
struct pool {
    struct origin origin; /* first member: see origins.h */
    struct turns turns;   /* turns of the lanes */
    uint64_t idle_count;
    uint64_t open; /* all connections, idle or not */
};

struct conns {
    struct h1 *h1;
    void (*on_ready)(struct loop_watch *watch, uint32_t events); /* callback of all links */
    struct flights flights;
    struct closing closing;
    struct conn *free;
    struct slab *slabs;
    const struct engine_config *config;
    struct origins origins;
};

/* `on_ready` is the callback of all links. False: out of memory. */
bool conns_init(struct conns *conns, struct h1 *h1, const struct engine_config *config,
                void (*on_ready)(struct loop_watch *watch, uint32_t events));
void conns_fini(struct conns *conns);

/*
 * Takes a connection of the pool: an idle one, or one without a socket (CONN_FREE). NULL: out of
 * memory. The connection is in no list: put it in flight, or release it.
 *
 * - Idle connections: the addresses of the origin take turns (turns.h). Of the idle connections to
 *   the next address, the most recently used one is taken.
 * - Deficits: if an address has a deficit (peers.h), a connection without a socket is returned
 *   instead of an idle one. At the limit, the idle connection is closed to make room; if it is the
 *   only one to its address, it is returned after all.
 * - In an open loop, an address that is behind in its turns gets a deficit if the limits allow
 *   another connection, and the connection next in turn has been idle, at now_ns, for longer than
 *   its last request took.
 */
struct conn *conns_take(struct conns *conns, struct pool *pool, uint64_t now_ns);

/* Puts an open connection into its pool. False: out of memory. */
bool conn_push_idle(struct conn *conn);

/* Starts closing; the server closes first. The connection must be in no list. */
void conns_begin_closing(struct conns *conns, struct conn *conn, uint64_t now_ns);

/* Closes a connection that is in no list. */
void conns_release(struct conns *conns, struct conn *conn);

/* Closes an idle connection. */
void conns_drop_idle(struct conns *conns, struct conn *conn);

/* Closes idle connections to addresses that have more than their share (peer_is_surplus). */
void conns_drop_surplus(struct conns *conns);

/* Closes idle connections beyond the limits. */
void conns_drop_excess(struct conns *conns);

#endif
