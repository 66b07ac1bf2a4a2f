/*
 * address - socket addresses, parsed and printed.
 *
 * address_resolve uses the system resolver and may block: use it only for addresses to listen on.
 * It prefers a name's first IPv4 address. resolver.h resolves the destinations of connections.
 *
 * Threads: no state. Memory: an address is a plain value.
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
    uint32_t number; /* index in the run's address_list.h */
};

enum { ADDRESS_TEXT = 128 };

/* Resolves `host`, a name or an IP address. ERR_FAILED with the host and the reason. */
bool address_resolve(const char *host, uint16_t port, struct address *address, struct err *err);

/*
 * Parses an IP address; false for anything else. An IPv6 address may have a zone: the name or index
 * of an interface of this machine (fe80::1%eth0).
 */
bool address_parse(const char *host, uint16_t port, struct address *address);

/* Sets the port of an IPv4 or IPv6 address. */
void address_set_port(struct address *address, uint16_t port);

/* Makes the address of a unix socket. ERR_USAGE if the path is too long. */
bool address_unix(const char *path, struct address *address, struct err *err);

/*
 * Opens a non-blocking socket for a connection to `to`, bound to `local` unless the length of
 * `local` is 0 or `to` is a unix socket. -1 with errno on failure.
 */
int address_socket(const struct address *to, const struct address *local);

/* Prints "127.0.0.1:5000", "[::1]:5000", "[fe80::1%eth0]:5000", or the path of a unix socket.
 * Returns `text`. */
const char *address_print(const struct address *address, char text[ADDRESS_TEXT]);

#endif
