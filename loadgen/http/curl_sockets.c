#include "loadgen/http/curl_sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    struct curl_socket *socket = (struct curl_socket *)watch;
    if (watch->fd < 0) {
        return; /* closed earlier in this batch of events */
    }
    if (socket->wanted == 0) {
        loop_want(socket->sockets->loop, watch,
                  0); /* libcurl looks at it before it is used again */
        return;
    }
    socket->sockets->on_ready(socket->sockets->context, watch->fd, events);
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

/* A place in the table for this descriptor. */
static struct curl_socket *take(struct curl_sockets *sockets, int fd)
{
    if ((size_t)fd >= sockets->room && !make_room(sockets, (size_t)fd)) {
        return NULL;
    }
    struct curl_socket **place = &sockets->by_fd[fd];
    *place = *place ? *place : malloc(sizeof **place);
    return *place;
}

struct curl_socket *curl_sockets_open(struct curl_sockets *sockets, struct peer *peer,
                                      const struct address *local)
{
    int fd = address_socket(&peer->address, local);
    if (fd < 0) {
        return NULL;
    }
    struct curl_socket *place = take(sockets, fd);
    if (!place) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    *place = (struct curl_socket){
        .watch = {.on_ready = on_ready, .fd = fd},
        .sockets = sockets,
        .peer = peer,
        .address = peer->address.number,
    };
    return place;
}

struct curl_socket *curl_sockets_at(const struct curl_sockets *sockets, int fd)
{
    return sockets->by_fd[fd];
}

static void give_up_peer(struct curl_socket *socket)
{
    if (socket->peer) {
        peer_release(socket->peer);
        socket->peer = NULL;
    }
}

static void end_if_surplus(struct curl_socket *socket)
{
    if (socket->peer && socket->own_port && peer_is_surplus(socket->peer)) {
        give_up_peer(socket);
        shutdown(socket->watch.fd, SHUT_RDWR);
    }
}

void curl_sockets_end_surplus(struct curl_sockets *sockets)
{
    for (size_t i = 0; i < sockets->room; i++) {
        struct curl_socket *socket = sockets->by_fd[i];
        if (socket && socket->watch.fd >= 0 && socket->wanted == 0) {
            end_if_surplus(socket);
        }
    }
}

struct curl_socket *curl_sockets_find(const struct curl_sockets *sockets,
                                      const struct curl_place *place, int own_port)
{
    for (size_t i = 0; i < sockets->room; i++) {
        struct curl_socket *socket = sockets->by_fd[i];
        if (socket && socket->watch.fd >= 0 && socket->place == place &&
            socket->own_port == own_port) {
            return socket;
        }
    }
    return NULL;
}

bool curl_sockets_want(struct curl_sockets *sockets, struct curl_socket *socket, int what)
{
    socket->wanted = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (what == CURL_POLL_REMOVE) {
        socket->wanted = 0;
        end_if_surplus(socket);
        bool is_told_only_of_bytes = (socket->watch.wanted & EPOLLOUT) == 0;
        return is_told_only_of_bytes || loop_want(sockets->loop, &socket->watch, EPOLLIN);
    }
    return loop_want(sockets->loop, &socket->watch, socket->wanted);
}

void curl_sockets_close(struct curl_socket *socket)
{
    give_up_peer(socket);
    close(socket->watch.fd);
    socket->watch.fd = -1;
    socket->watch.wanted = 0;
    socket->wanted = 0;
}

void curl_sockets_fini(struct curl_sockets *sockets)
{
    for (size_t i = 0; i < sockets->room; i++) {
        free(sockets->by_fd[i]);
    }
    free(sockets->by_fd);
}
