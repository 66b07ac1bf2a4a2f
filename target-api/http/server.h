/*
 * server - the API port: a libmicrohttpd daemon with a pool of threads.
 *
 * Each thread has an epoll instance and serves a connection from its first byte to its last;
 * requests are never handed between threads.
 *
 * Threads: server_start, server_drain and server_stop from one thread; the other functions from
 * any. Memory: pointers in the options are borrowed until server_stop.
 */
#ifndef TARGET_API_HTTP_SERVER_H
#define TARGET_API_HTTP_SERVER_H

#include <stdbool.h>

#include "common/err.h"
#include "common/http/listener.h"
#include "target-api/http/api.h"
#include "target-api/http/connections.h"
#include "target-api/http/limits.h"
#include "target-api/http/metrics.h"

struct server;

struct server_options {
    unsigned threads;
    struct limits limits; /* `connections` is lowered to what RLIMIT_NOFILE allows */
    api_answer_fn *answer;
    const struct service *service; /* for `answer` */
    bool has_delays;               /* replies may have a delay_ns */
    struct metrics *metrics;
};

/* Takes over the listener's socket, even on failure. NULL: err is set. */
struct server *server_start(struct listener *listener, const struct server_options *options,
                            struct err *err);

/* True once server_drain has begun. */
bool server_is_draining(const struct server *server);

struct connections_counts server_connections(const struct server *server);

/*
 * Ignores new clients for 20 ms, in which handshakes that have begun can end, then refuses them.
 * Closes each connection after its next answer. Returns when no connection is open, after 250 ms
 * without a request in flight, or after 10 s.
 */
void server_drain(struct server *server);

/* Closes all connections and frees the server. NULL is allowed. */
void server_stop(struct server *server);

#endif
