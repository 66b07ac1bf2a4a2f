#include "loadgen/http/curl/multi/sockets.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Reads what the server sent after the answer: close(2) with unread bytes sends a reset. */
static void check_closing(struct curl_socket *socket)
{
    char bytes[4096];
    ssize_t n = recv(socket->watch.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        closing_end(&socket->sockets->closing, &socket->flight);
    }
}

static void stop_counting(struct curl_socket *socket)
{
    if (socket->is_counted) {
        socket->is_counted = false;
        peer_release(socket->lane->turn.peer);
        curl_lane_closed(socket->lane);
    }
}

static bool is_open(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
           info.tcpi_state == TCP_ESTABLISHED;
}

/*
 * Handles an event of an idle connection. Bytes, such as TLS records, are left to libcurl; after
 * that, only the end of the connection matters.
 */
static void check_idle(struct curl_socket *socket)
{
    struct curl_sockets *sockets = socket->sockets;
    char byte = 0;
    ssize_t n = recv(socket->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n > 0 && is_open(socket->watch.fd)) {
        loop_set_levels(sockets->loop, &socket->watch, EPOLLRDHUP);
        return;
    }
    stop_counting(socket);
    loop_set_levels(sockets->loop, &socket->watch, 0);
    socket->user = NULL;
    sockets->on_dead(sockets->context, socket->lane);
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    struct curl_socket *socket = (struct curl_socket *)watch;
    if (watch->fd < 0) {
        return; /* closed earlier in this batch of events */
    }
    if (socket->is_closing) {
        check_closing(socket);
    } else if (socket->wanted == 0) {
        check_idle(socket);
    } else {
        socket->sockets->on_ready(socket->sockets->context, socket, events);
    }
}

static bool make_room(struct curl_sockets *sockets, size_t fd)
{
    size_t room = sockets->room ? sockets->room : 64;
    while (room <= fd) {
        room *= 2;
    }
    struct curl_socket **larger = realloc(sockets->by_fd, room * sizeof(struct curl_socket *));
    if (!larger) {
        return false;
    }
    memset(larger + sockets->room, 0, (room - sockets->room) * sizeof(struct curl_socket *));
    sockets->by_fd = larger;
    sockets->room = room;
    return true;
}

/* Finds or creates the socket of this descriptor. NULL: out of memory. */
static struct curl_socket *take(struct curl_sockets *sockets, int fd)
{
    if ((size_t)fd >= sockets->room && !make_room(sockets, (size_t)fd)) {
        return NULL;
    }
    struct curl_socket **socket = &sockets->by_fd[fd];
    *socket = *socket ? *socket : malloc(sizeof **socket);
    return *socket;
}

struct curl_socket *curl_sockets_open(struct curl_sockets *sockets, struct curl_lane *lane,
                                      const struct address *local)
{
    int fd = address_socket(&lane->turn.peer->address, local);
    if (fd < 0) {
        return NULL;
    }
    struct curl_socket *socket = take(sockets, fd);
    if (!socket) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    *socket = (struct curl_socket){
        .watch = {.on_ready = on_ready, .fd = fd},
        .sockets = sockets,
        .lane = lane,
        .is_counted = true,
    };
    curl_lane_opened(lane);
    return socket;
}

struct curl_socket *curl_sockets_at(const struct curl_sockets *sockets, int fd)
{
    struct curl_socket *socket = (size_t)fd < sockets->room ? sockets->by_fd[fd] : NULL;
    return socket && socket->watch.fd == fd ? socket : NULL;
}

static void end(struct curl_socket *socket)
{
    stop_counting(socket);
    shutdown(socket->watch.fd, SHUT_RDWR);
}

static bool is_idle(const struct curl_socket *socket)
{
    return socket && socket->watch.fd >= 0 && !socket->is_closing && socket->wanted == 0 &&
           socket->is_connected && socket->is_counted;
}

static bool is_surplus(const struct curl_socket *socket)
{
    return is_idle(socket) && peer_is_surplus(socket->lane->turn.peer);
}

bool curl_sockets_end_idle(struct curl_sockets *sockets, const struct curl_lane *lane)
{
    for (size_t i = 0; i < sockets->room; i++) {
        if (is_idle(sockets->by_fd[i]) && sockets->by_fd[i]->lane == lane) {
            end(sockets->by_fd[i]);
            return true;
        }
    }
    return false;
}

static bool has_excess(const struct curl_sockets *sockets, const struct curl_lane *lane)
{
    uint64_t idle = lane->open > lane->busy ? lane->open - lane->busy : 0;
    const struct curl_route *route = lane->route;
    return idle > curl_route_limit(route, sockets->limits->max_idle) ||
           route->open > curl_route_limit(route, sockets->limits->max_connections);
}

void curl_sockets_end_excess(struct curl_sockets *sockets, const struct curl_lane *lane)
{
    while (has_excess(sockets, lane) && curl_sockets_end_idle(sockets, lane)) {
    }
}

void curl_sockets_end_surplus(struct curl_sockets *sockets)
{
    for (size_t i = 0; i < sockets->room; i++) {
        if (is_surplus(sockets->by_fd[i])) {
            end(sockets->by_fd[i]);
        }
    }
}

bool curl_sockets_want(struct curl_sockets *sockets, struct curl_socket *socket, int what)
{
    socket->wanted = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (what == CURL_POLL_REMOVE) {
        if (is_surplus(socket)) {
            end(socket);
        }
        bool is_told_only_of_bytes = (socket->watch.wanted & EPOLLOUT) == 0;
        return is_told_only_of_bytes || loop_set_levels(sockets->loop, &socket->watch, EPOLLIN);
    }
    return loop_set_levels(sockets->loop, &socket->watch, socket->wanted);
}

void curl_sockets_close(struct curl_socket *socket)
{
    stop_counting(socket);
    close(socket->watch.fd);
    socket->watch.fd = -1;
    socket->watch.wanted = 0;
    socket->wanted = 0;
}

static void close_closing(struct closing *closing, struct flight *flight)
{
    struct curl_socket *socket =
        (struct curl_socket *)((char *)flight - offsetof(struct curl_socket, flight));
    (void)closing;
    socket->is_closing = false;
    curl_sockets_close(socket);
}

void curl_sockets_init(struct curl_sockets *sockets, struct loop *loop,
                       const struct engine_limits *limits)
{
    *sockets =
        (struct curl_sockets){.loop = loop, .limits = limits, .closing.close = close_closing};
}

void curl_sockets_begin_closing(struct curl_socket *socket, uint64_t now_ns)
{
    struct curl_sockets *sockets = socket->sockets;
    stop_counting(socket);
    if (!loop_set_levels(sockets->loop, &socket->watch, EPOLLIN)) {
        curl_sockets_close(socket);
        return;
    }
    socket->is_closing = true;
    closing_begin(&sockets->closing, &socket->flight, now_ns);
}

void curl_sockets_fini(struct curl_sockets *sockets)
{
    closing_end_all(&sockets->closing);
    for (size_t i = 0; i < sockets->room; i++) {
        free(sockets->by_fd[i]);
    }
    free(sockets->by_fd);
}
