/*
 * listener - a listening TCP socket and its address.
 *
 * Threads: set-up only. Memory: none; `socket` belongs to the caller.
 */
#ifndef COMMON_HTTP_LISTENER_H
#define COMMON_HTTP_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "common/err.h"

struct listener {
    int socket;       /* non-blocking; -1: none */
    char address[80]; /* "127.0.0.1:5000", "[::1]:5000" */
};

/* Listens on an IPv4 or IPv6 address; port 0: any free port. ERR_FAILED names address and cause. */
bool listener_open(struct listener *listener, const struct sockaddr *address, socklen_t length,
                   struct err *err);

/* Closes the socket if it is open. */
void listener_close(struct listener *listener);

#endif
