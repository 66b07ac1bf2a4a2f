/*
 * h1_conn - the connections of an HTTP/1.1 engine, and where each of them is.
 *
 *     free list  ->  in flight (flights.h)                ->  idle in its origin's pool
 *         ^                       |        ^                         |      |
 *         +-----------------------+        +-------------------------+      |
 *         +-----------------------------------------------------------------+
 *
 * Only bookkeeping: what is sent and read is engine_h1.c's.
 *
 * Threads: belongs to the engine's thread. Memory: conns come from slabs, which are only given back
 * at the end; a new slab is allocated when more connections are open at once than ever before.
 */
#ifndef LOADGEN_HTTP_H1_CONN_H
#define LOADGEN_HTTP_H1_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/answer.h"
#include "loadgen/http/engine.h"
#include "loadgen/http/flights.h"
#include "loadgen/http/link.h"
#include "loadgen/http/origins.h"

enum conn_state {
    CONN_FREE,       /* no socket; in the free list */
    CONN_RESOLVING,  /* an exchange waits for an address */
    CONN_CONNECTING, /* an exchange waits for the connection to be made */
    CONN_SECURING,   /* and for TLS on it */
    CONN_BUSY,       /* sending, receiving, or both */
    CONN_IDLE,       /* connected, no exchange; in the pool of its origin */
};

struct h1;

struct conn {
    struct link link; /* first member: the loop's callback finds the conn by it */
    struct h1 *h1;
    struct pool *pool; /* of its origin */
    struct flight flight;
    struct conn *next; /* in the free list or an idle pool */
    struct conn *prev;
    struct resolver_wait wait;
    const struct request *request; /* being sent: the exchange's, or its hop after a redirect */
    struct request hop;
    char *hop_bytes; /* HOP_BYTES_MAX of them; NULL until a redirect came this way */
    size_t length;   /* bytes of the request, its number among them */
    size_t written;  /* of these, what the kernel has taken */
    enum conn_state state;
    bool is_reused; /* carried a complete exchange before this one */
    struct exchange exchange;
    struct answer answer;
    struct capture capture;
};

/* The connections to one origin. */
struct pool {
    struct origin origin; /* first member: see origins.h */
    struct conn *idle;    /* the last one used comes first; linked both ways */
    struct conn *idle_last;
    uint64_t idle_count;
    uint64_t open; /* idle or not */
};

struct conns {
    struct h1 *h1;
    struct flights flights;
    struct conn *free;
    struct slab *slabs;
    const struct engine_config *config;
    struct origins origins;
};

bool conns_init(struct conns *conns, struct h1 *h1, const struct engine_config *config);
void conns_fini(struct conns *conns);

/*
 * A connection of the pool that nobody uses: CONN_IDLE, or CONN_FREE without a socket. NULL: no
 * memory. It is in no list then; put it in flight or release it.
 *
 * With one address the last one used comes first, as it is the likeliest to be alive and warm. With
 * several it is the one that has waited longest, so that each address has its turn, and a new one
 * is opened as long as the resolver says that an address is owed one.
 */
struct conn *conns_take(struct conns *conns, struct pool *pool);

/* Keeps an open connection for the next exchange with its origin. */
void conn_push_idle(struct conn *conn);

/* Closes a connection that is in no list. */
void conns_release(struct conns *conns, struct conn *conn);

/* Closes an idle one. */
void conns_drop_idle(struct conns *conns, struct conn *conn);

/* Closes the idle ones that the resolver calls surplus. */
void conns_drop_surplus(struct conns *conns);

#endif
