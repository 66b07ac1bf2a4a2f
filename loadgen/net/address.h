/*
 * address - a host and a port as the kernel wants them, and back as text.
 *
 * Resolving asks the system's resolver and may block: it is for set-up only. Where a name has
 * several addresses the first IPv4 one is taken, else the first. (Names that change, and all of a
 * name's addresses in turn, come with c-ares.)
 */
#ifndef LOADGEN_NET_ADDRESS_H
#define LOADGEN_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/err.h"

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;
    socklen_t length;
};

enum { ADDRESS_TEXT = 64 };

/* Resolves `host`, a name or an address. ERR_FAILED with the host and the reason. */
bool address_resolve(const char *host, uint16_t port, struct address *address, struct err *err);

/* "127.0.0.1:5000" or "[::1]:5000". Returns `text`. */
const char *address_print(const struct address *address, char text[ADDRESS_TEXT]);

#endif
