/*
 * sockets - libcurl's sockets on our event loop.
 *
 * The sockets are level-triggered (loop.h), because libcurl specifies which events it waits for and
 * may leave bytes unread. A connection is idle if libcurl waits for no event on it. An idle socket
 * stays registered, so a request on an open connection needs no epoll_ctl.
 *
 * An idle connection is dead once the server has closed it or we have shut it down; it is then no
 * longer counted. libcurl closes it only at the lane's next request, when it tries to reuse it;
 * drive.c closes it earlier if all connections of the lane are dead.
 *
 * libcurl's own limit on cached connections (CURLMOPT_MAXCONNECTS) also counts busy ones, so it is
 * not used: idle connections beyond our limits are shut down here.
 *
 * With -keepalive=false the server closes first: after libcurl has closed a socket, the socket is
 * `closing` here (closing.h).
 *
 * Threads: the engine's. Memory: a table by descriptor; curl_sockets_fini.
 */
#ifndef LOADGEN_HTTP_CURL_MULTI_SOCKETS_H
#define LOADGEN_HTTP_CURL_MULTI_SOCKETS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/closing.h"
#include "loadgen/http/curl/multi/lane.h"
#include "loadgen/http/engine.h"
#include "loadgen/net/address.h"
#include "loadgen/net/loop.h"

struct curl_sockets;
struct curl_transfer;

struct curl_socket {
    struct loop_watch watch; /* first member: the loop's callback casts it to its socket */
    struct curl_sockets *sockets;
    struct curl_lane *lane;
    struct curl_transfer *user; /* the last transfer that waited for it; NULL: none */
    uint32_t wanted;            /* events that libcurl waits for: EPOLLIN, EPOLLOUT; 0: idle */
    bool is_connected;
    bool is_counted;      /* its lane and its peer count it as open */
    bool is_closing;      /* libcurl has closed it, but we have not */
    struct flight flight; /* in `closing` */
};

struct curl_sockets {
    struct loop *loop;
    /* Called at an event that libcurl waits for. */
    void (*on_ready)(void *context, struct curl_socket *socket, uint32_t events);
    /* Called when an idle connection of the lane is dead. It may close the lane's sockets. */
    void (*on_dead)(void *context, struct curl_lane *lane);
    void *context;
    struct curl_socket **by_fd;
    size_t room;
    const struct engine_limits *limits; /* of an endpoint: lane.h */
    struct closing closing;
};

/* Borrows the limits, which may change. */
void curl_sockets_init(struct curl_sockets *sockets, struct loop *loop,
                       const struct engine_limits *limits);

/*
 * Creates a socket for a connection of the lane, bound to `local` unless its length is 0. The
 * lane's peer must come from resolver_next; it is released when the socket is closed. NULL with
 * errno: the kernel refused, or out of memory.
 */
struct curl_socket *curl_sockets_open(struct curl_sockets *sockets, struct curl_lane *lane,
                                      const struct address *local);

/* The open socket with this descriptor. NULL: curl_sockets_open did not create it. */
struct curl_socket *curl_sockets_at(const struct curl_sockets *sockets, int fd);

/*
 * Watches for `what`, a CURL_POLL_ constant such as CURL_POLL_IN. False with errno: the socket
 * cannot be watched.
 */
bool curl_sockets_want(struct curl_sockets *sockets, struct curl_socket *socket, int what);

/* Shuts down an idle connection of the lane. False: there is none. */
bool curl_sockets_end_idle(struct curl_sockets *sockets, const struct curl_lane *lane);

/* Shuts down idle connections of the lane beyond the limits. */
void curl_sockets_end_excess(struct curl_sockets *sockets, const struct curl_lane *lane);

/* Shuts down idle connections to peers with more than their share. */
void curl_sockets_end_surplus(struct curl_sockets *sockets);

void curl_sockets_close(struct curl_socket *socket);

/*
 * Call this instead of curl_sockets_close to let the server close the connection first (closing.h).
 */
void curl_sockets_begin_closing(struct curl_socket *socket, uint64_t now_ns);

/* Closes the sockets that are closing. There must be no others. */
void curl_sockets_fini(struct curl_sockets *sockets);

#endif
