/*
 * conn - the connections of an HTTP/2 engine, and the choice of one for the next stream.
 *
 *     free list -> in its origin's pool: dialing -> open, idle or not -> [closing] -> free list
 *
 * A connection that can take one more stream is `roomy`. If the origin has several addresses, the
 * address next in turn is used (turns.h), and its connections take turns; with one address, the
 * connection that became roomy last is used.
 *
 * A closing connection (closing.h) is in no pool.
 *
 * Only bookkeeping. Threads: belongs to the engine's thread. Memory: connections and streams are
 * allocated when more are needed than ever before, and freed by h2_conns_fini.
 */
#ifndef LOADGEN_HTTP_H2_CONN_H
#define LOADGEN_HTTP_H2_CONN_H

#include "loadgen/http/closing.h"
#include "loadgen/http/dial.h"
#include "loadgen/http/h2/session/session.h"
#include "loadgen/http/origins.h"
#include "loadgen/net/link/link.h"
#include "loadgen/net/turns.h"

enum h2_state {
    H2_FREE,    /* no socket; in the free list */
    H2_DIALING, /* being opened */
    H2_OPEN,
    H2_CLOSING, /* in no pool; waits for the server to close it */
};

struct h2;
struct h2_pool;

struct h2_conn {
    struct link link; /* first member: the loop's callback casts it to its conn */
    struct h2 *h2;
    const struct engine_config *config;
    struct h2_pool *pool;
    struct h2_lane *lane; /* of the pool; NULL: not open yet */
    struct h2_conn *next; /* of its pool, or of the free list */
    struct h2_conn *prev;
    struct h2_conn *next_roomy;
    struct h2_conn *prev_roomy;
    struct h2_conn *next_dirty;
    struct dial dial;
    struct h2_session session;
    struct h2_streams waiting; /* streams that wait until it is open, or allows more streams */
    enum h2_state state;
    bool is_roomy;   /* in the list of roomy connections */
    bool is_dirty;   /* in h2->dirty */
    bool is_used;    /* has carried a complete answer */
    bool is_retired; /* takes no more streams */
    bool is_ending;  /* the server has closed its side */
    bool is_idle;
    struct flight flight; /* in `closing` of h2_conns */
    uint64_t begun_ns;    /* when dialing began */
    uint64_t received_ns; /* the last recv with data; 0: none */
    char *unsent;         /* bytes that could not be sent yet; NULL: none */
    size_t unsent_length;
    size_t unsent_sent;
};

/* A list of roomy connections. */
struct h2_roomy {
    struct h2_conn *first;
    struct h2_conn *last;
};

/* The roomy open connections of a pool to one address. */
struct h2_lane {
    struct turn turn; /* first member: see turns.h */
    struct h2_roomy open;
};

/* The connections to one origin. */
struct h2_pool {
    struct origin origin;  /* first member: see origins.h */
    struct h2_conn *conns; /* all */
    struct turns turns;    /* turns of the lanes */
    struct h2_roomy dialing;
    uint64_t count; /* connections */
    uint64_t idle_count;
    uint64_t in_flight;
    bool is_known;   /* the server speaks HTTP/2 */
    bool is_refused; /* the server chose HTTP/1.1 */
};

/* The shared pool of the same origin; it records whether the server refuses HTTP/2. */
static inline struct h2_pool *h2_pool_base(struct h2_pool *pool)
{
    return (struct h2_pool *)pool->origin.base;
}

struct h2_conns {
    struct h2 *h2;
    const struct engine_config *config;
    struct origins origins;
    struct h2_conn *free;
    struct closing closing;
    struct h2_stream *free_streams;
};

bool h2_conns_init(struct h2_conns *conns, struct h2 *h2, const struct engine_config *config);
void h2_conns_fini(struct h2_conns *conns);

/* A new connection of the pool, without a socket. NULL: out of memory. */
struct h2_conn *h2_conns_take(struct h2_conns *conns, struct h2_pool *pool);

/* Closes a connection without streams. */
void h2_conns_release(struct h2_conns *conns, struct h2_conn *conn);

struct h2_stream *h2_conns_take_stream(struct h2_conns *conns);
void h2_conns_release_stream(struct h2_conns *conns, struct h2_stream *stream);

/* Call this when the dial has succeeded. False: out of memory. */
bool h2_conn_open(struct h2_conn *conn);

/* Starts closing a connection without streams; the server closes first. */
void h2_conns_begin_closing(struct h2_conns *conns, struct h2_conn *conn, uint64_t now_ns);

/*
 * h2_conn_limit: how many streams the connection can carry. h2_conn_load: how many it has,
 * including waiting ones.
 */
size_t h2_conn_limit(const struct h2_conn *conn);
size_t h2_conn_load(const struct h2_conn *conn);

/*
 * Call this when the load or the limit of the connection has changed. Adds it to the list of roomy
 * connections, or removes it.
 */
void h2_conn_sort(struct h2_conn *conn);

/* Chooses a roomy connection for the next stream, open ones first, and counts the stream in the
 * turns of its address. NULL: none. */
struct h2_conn *h2_pool_choose(struct h2_pool *pool);

#endif
