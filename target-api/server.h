/*
 * server - the first port: the API, on a libmicrohttpd daemon with a pool of threads.
 *
 * Each thread has an epoll of its own and serves a connection from its first byte to its last, so a
 * request is never handed from thread to thread.
 *
 * Threads: server_start, server_drain and server_stop from one thread; the others from any.
 * Memory: what the options point to is borrowed until server_stop.
 */
#ifndef TARGET_API_SERVER_H
#define TARGET_API_SERVER_H

#include <stdbool.h>

#include "common/err.h"
#include "target-api/connections.h"
#include "target-api/limits.h"
#include "target-api/listener.h"
#include "target-api/metrics.h"
#include "target-api/service.h"

struct server;

struct server_options {
    unsigned threads;
    struct limits limits; /* fewer connections than this, when fewer files may be open */
    const struct service *service;
    struct metrics *metrics;
};

/* Takes over the listener's socket, also when it fails. NULL: err is set. */
struct server *server_start(struct listener *listener, const struct server_options *options,
                            struct err *err);

/* server_drain has begun: no more traffic, please. */
bool server_is_draining(const struct server *server);

struct connections_counts server_connections(const struct server *server);

/*
 * Stops accepting, closes each connection with its next answer, and returns once there is none
 * left, or no request has been under way for a moment, or after ten seconds.
 */
void server_drain(struct server *server);

/* Cuts off what is left and frees the server. NULL is allowed. */
void server_stop(struct server *server);

#endif
