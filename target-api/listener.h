/*
 * listener - a listening TCP socket, opened by us so that the error can say what is wrong.
 *
 * Threads: set-up only. Memory: nothing is allocated; `socket` belongs to the caller.
 */
#ifndef TARGET_API_LISTENER_H
#define TARGET_API_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct listener {
    int socket;       /* -1: none */
    char address[80]; /* "127.0.0.1:5000", "[::1]:5000": with the port that the kernel chose */
};

/*
 * Listens on `bind`, an IPv4 or IPv6 address, at `port`; 0 lets the kernel choose. `flag` is how
 * the user names the port, for the error.
 */
bool listener_open(struct listener *listener, const char *bind, uint16_t port, const char *flag,
                   struct err *err);

/* Closes the socket if there is one. */
void listener_close(struct listener *listener);

#endif
