/*
 * address - a host and a port as the kernel wants them, and back as text.
 *
 * Resolving asks the system's resolver and may block: it is for what we listen on. Where a name has
 * several addresses the first IPv4 one is taken, else the first. What we connect to is found by
 * resolver.h.
 */
#ifndef LOADGEN_NET_ADDRESS_H
#define LOADGEN_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/err.h"

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } socket;
    socklen_t length;
    uint32_t number; /* in the run's address_list.h */
};

enum { ADDRESS_TEXT = 128 };

/* Resolves `host`, a name or an address. ERR_FAILED with the host and the reason. */
bool address_resolve(const char *host, uint16_t port, struct address *address, struct err *err);

/* The address of `host` when it is written as a number; never asks anybody. */
bool address_parse(const char *host, uint16_t port, struct address *address);

/* Changes the port of an internet address. */
void address_set_port(struct address *address, uint16_t port);

/* The address of a unix socket. ERR_USAGE when the path is too long for one. */
bool address_unix(const char *path, struct address *address, struct err *err);

/*
 * A socket for a connection to `to` that comes from `local` (length 0: wherever the kernel says),
 * non-blocking. -1 with errno.
 */
int address_socket(const struct address *to, const struct address *local);

/* "127.0.0.1:5000", "[::1]:5000", or the path of a unix socket. Returns `text`. */
const char *address_print(const struct address *address, char text[ADDRESS_TEXT]);

#endif
