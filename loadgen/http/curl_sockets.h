/*
 * curl_sockets - libcurl's sockets on our loop.
 *
 * libcurl says what it waits for on a descriptor, and does not promise to read all that is there:
 * its sockets are watched for levels (loop.h). One that libcurl wants nothing of is an idle
 * connection; it stays registered, for it will be wanted again at once, until something happens on
 * it. So a request on a connection that is there costs no system call for epoll.
 *
 * A descriptor's number names its place in the table. Places are made when a number comes up for
 * the first time and given back at the end.
 */
#ifndef LOADGEN_HTTP_CURL_SOCKETS_H
#define LOADGEN_HTTP_CURL_SOCKETS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/net/address.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/peers.h"

struct curl_place;
struct curl_sockets;
struct curl_transfer;

struct curl_socket {
    struct loop_watch watch; /* first member: the loop's callback finds the socket by it */
    struct curl_sockets *sockets;
    uint32_t wanted;            /* by libcurl: EPOLLIN, EPOLLOUT; 0: the connection is idle */
    struct curl_place *place;   /* where it leads */
    struct peer *peer;          /* that it is counted to; NULL: it has been given up */
    uint32_t address;           /* the peer's number */
    int own_port;               /* 0: it is not connected so far */
    struct curl_transfer *user; /* that waited for it last; NULL: none did */
};

struct curl_sockets {
    struct loop *loop;
    void (*on_ready)(void *context, int fd, uint32_t events); /* events that libcurl waits for */
    void *context;
    struct curl_socket **by_fd;
    size_t room;
};

/*
 * A new socket for a connection to the peer, from `local` when its length is not 0. NULL with
 * errno: the kernel refused, or there is no memory. The peer is released when the socket is closed.
 */
struct curl_socket *curl_sockets_open(struct curl_sockets *sockets, struct peer *peer,
                                      const struct address *local);

/* The socket of this descriptor. */
struct curl_socket *curl_sockets_at(const struct curl_sockets *sockets, int fd);

/* What libcurl wants from now on: CURL_POLL_IN and so on. False with errno: it cannot be watched.
 */
bool curl_sockets_want(struct curl_sockets *sockets, struct curl_socket *socket, int what);

/* The socket of the place that has this local port; NULL: there is none. */
struct curl_socket *curl_sockets_find(const struct curl_sockets *sockets,
                                      const struct curl_place *place, int own_port);

/* Ends idle connections to peers that have too many; libcurl finds them dead, and closes them. */
void curl_sockets_end_surplus(struct curl_sockets *sockets);

void curl_sockets_close(struct curl_socket *socket);

/* Nothing may be open any more. */
void curl_sockets_fini(struct curl_sockets *sockets);

#endif
