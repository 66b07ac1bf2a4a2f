/*
 * allow - the list of targets to which connections are allowed.
 *
 *     api.example        this name           127.0.0.1, ::1    this address
 *     api.example:80     only at this port   [::1]:80          only at this port
 *     *.example          names below it      10.0.0.0/8        the addresses of a range
 *     unix:/run/x.sock   this Unix socket    [fd00::/8]:80     only at this port
 *
 * Names are normalized (hostname.h) and compared regardless of case and of a trailing dot.
 * Addresses are compared as numbers, in any notation (127.1, 0x7f000001, ::ffff:127.0.0.1); zones
 * are ignored. An IPv6 range contains no IPv4 addresses.
 *
 * For a listed name, all addresses that it resolves to are allowed. Any other name may be resolved
 * if the list has addresses, but only its listed addresses may be used. Check each answer of a name
 * server, so that a name whose answers change (DNS rebinding) never leads elsewhere.
 *
 * The list applies to the destination of a connection, not to the Host header of its requests.
 *
 * Several lists, one per line, allow what all of them allow. So a list that comes with an order
 * cannot extend the list of the process that runs it.
 *
 * A list is a text; NULL allows everything. Each call parses the text again, so a list needs no
 * memory; there is one call per name, and one per answer of a name server.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_NET_ALLOW_H
#define LOADGEN_NET_ALLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/net/address.h"

enum allow {
    ALLOW_NO,
    ALLOW_LISTED_ADDRESSES, /* only the addresses that allow_address allows */
    ALLOW_YES,
};

/*
 * Checks one list, of a single line. ERR_USAGE quotes the first invalid entry, or a list of several
 * lines. The functions below ignore invalid entries.
 */
bool allow_check(const char *list, struct err *err);

/* `name` must be a host name, not an address. */
enum allow allow_name(const char *list, const char *name, uint16_t port);

/* For IPv4 and IPv6 addresses. */
bool allow_address(const char *list, const struct address *address);

/* For an address to which this name resolves: in each list, the name or the address is allowed. */
bool allow_answer(const char *list, const char *name, uint16_t port, const struct address *address);

/* Paths are compared byte by byte. */
bool allow_socket(const char *list, const char *path);

/* `host` is a name or an address, without brackets. */
enum allow allow_host(const char *list, const char *host, uint16_t port);

#endif
