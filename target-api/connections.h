/*
 * connections - the open connections of the first port: how many there may be, and a thread that
 * ends those whose request does not come to an end, and those that do nothing.
 *
 * libmicrohttpd's own time-out is about inactivity, so a client that sends a byte now and then
 * would stay for ever; and it takes a lock for each request. Here each connection says when a
 * request begins, has come, and is answered; every twentieth of the shorter time-out (1 s at most)
 * the thread asks the kernel what has moved, and shuts down the socket of a connection that is
 * beyond one of them, which libmicrohttpd then finds closed. Nobody tells when the first byte of a
 * request comes: that the count of bytes received has grown on a connection without a request is
 * how the thread sees it, at its next look. It also ends connections whose other side has closed
 * without libmicrohttpd's noticing.
 *
 * Threads: a connection is opened, used and closed by the thread that serves it; the counts are
 * for any. A lock is taken when a connection is opened or closed, and by the thread for a few
 * connections at a time; never for a request. Memory: one block, from create to destroy, of which
 * only what was ever used is touched.
 */
#ifndef TARGET_API_CONNECTIONS_H
#define TARGET_API_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct connections;
struct connection;
struct metrics_shard;

/*
 * At most `limit` at once; a request takes at most deadline_ns to come; a byte moves at least every
 * idle_ns, but while an answer is in the making. NULL: err is set.
 */
struct connections *connections_create(size_t limit, uint64_t deadline_ns, uint64_t idle_ns,
                                       struct err *err);

/* When none is open any more. NULL is allowed. */
void connections_destroy(struct connections *connections);

/* Takes one of the places, for the connection that is opened next. False: there is none left. */
bool connections_reserve(struct connections *connections);

/* In the place that was reserved. `shard` is handed out by connection_shard. */
struct connection *connections_open(struct connections *connections, int socket,
                                    struct metrics_shard *shard);

/* Gives the place back; the socket is still open. */
void connections_close(struct connections *connections, struct connection *connection);

struct metrics_shard *connection_shard(const struct connection *connection);

/* The first line of a request was read at `now_ns`. */
void connection_begin(struct connection *connection, uint64_t now_ns);

/* The last byte of the request has come: no deadline any more. */
void connection_received(struct connection *connection);

/* The answer is there to be sent. */
void connection_answered(struct connection *connection);

/* The answer is sent, or given up. */
void connection_end(struct connection *connection);

struct connections_counts {
    uint64_t limit;
    uint64_t open;
    uint64_t refused; /* for lack of a place */
    uint64_t expired; /* ended by the thread */
};

struct connections_counts connections_count(const struct connections *connections);

#endif
