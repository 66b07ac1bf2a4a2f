/*
 * h2_conn - the connections of an HTTP/2 engine, and which of them carries the next stream.
 *
 *     free list -> in its origin's pool, being made -> open -> idle or not -> free list
 *
 * Only bookkeeping: what is sent and read is engine_h2.c's. A connection that can take one more
 * stream is `roomy`; of the open ones the last that was put there comes first, or each in turn when
 * the origin has several addresses (resolver.h).
 *
 * Threads: belongs to the engine's thread. Memory: conns and streams are allocated when more are
 * needed than ever before, and given back at the end.
 */
#ifndef LOADGEN_HTTP_H2_CONN_H
#define LOADGEN_HTTP_H2_CONN_H

#include "loadgen/http/h2_session.h"
#include "loadgen/http/link.h"
#include "loadgen/http/origins.h"

enum h2_state {
    H2_FREE,       /* no socket; in the free list */
    H2_RESOLVING,  /* waits for an address */
    H2_CONNECTING, /* waits for the connection to be made */
    H2_SECURING,   /* and for TLS on it */
    H2_OPEN,
};

struct h2;
struct h2_pool;

struct h2_conn {
    struct link link; /* first member: the loop's callback finds the conn by it */
    struct h2 *h2;
    const struct engine_config *config;
    struct h2_pool *pool;
    struct h2_conn *next; /* of its pool, or of the free list */
    struct h2_conn *prev;
    struct h2_conn *next_roomy;
    struct h2_conn *prev_roomy;
    struct h2_conn *next_dirty;
    struct resolver_wait wait;
    struct h2_session session;
    struct h2_streams waiting; /* not begun: the server wants no more at once, or it is not made */
    enum h2_state state;
    bool is_roomy; /* in its list */
    bool is_dirty; /* has something to send, perhaps */
    bool is_used;  /* carried a whole answer */
    bool is_over;  /* takes no more streams */
    bool is_idle;
    uint32_t address;     /* of its peer, in the run's list; ADDRESS_NONE: none so far */
    uint64_t begun_ns;    /* when it began to be made */
    uint64_t received_ns; /* when something came last; 0: never */
    char *unsent;         /* what a link did not take; NULL: nothing */
    size_t unsent_length;
    size_t unsent_sent;
};

/* Lists of conns that could take a stream. */
struct h2_roomy {
    struct h2_conn *first;
    struct h2_conn *last;
};

/* The connections to one origin. */
struct h2_pool {
    struct origin origin;  /* first member: see origins.h */
    struct h2_conn *conns; /* all */
    struct h2_roomy open;
    struct h2_roomy made; /* being made */
    uint64_t count;       /* of conns */
    uint64_t idle_count;
    uint64_t in_flight;
    bool is_known;   /* that it speaks HTTP/2 */
    bool is_refused; /* it speaks HTTP/1.1 */
};

struct h2_conns {
    struct h2 *h2;
    const struct engine_config *config;
    struct origins origins;
    struct h2_conn *free;
    struct h2_stream *free_streams;
};

bool h2_conns_init(struct h2_conns *conns, struct h2 *h2, const struct engine_config *config);
void h2_conns_fini(struct h2_conns *conns);

/* A conn in its pool, without a socket. NULL: no memory. */
struct h2_conn *h2_conns_take(struct h2_conns *conns, struct h2_pool *pool);

/* Closes it; it has no streams. */
void h2_conns_release(struct h2_conns *conns, struct h2_conn *conn);

struct h2_stream *h2_conns_take_stream(struct h2_conns *conns);
void h2_conns_release_stream(struct h2_conns *conns, struct h2_stream *stream);

/* It is made. */
void h2_conn_open(struct h2_conn *conn);

/* How many streams it may carry, and does, those that wait among them. */
size_t h2_conn_limit(const struct h2_conn *conn);
size_t h2_conn_load(const struct h2_conn *conn);

/* Puts it into the list where it belongs now, or out of it. */
void h2_conn_sort(struct h2_conn *conn);

/* An open connection for the next stream, or one that is being made. NULL: there is none. */
struct h2_conn *h2_pool_choose(struct h2_pool *pool);

#endif
