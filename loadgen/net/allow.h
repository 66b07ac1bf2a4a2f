/*
 * allow - a list of the targets that connections may go to.
 *
 *     api.example        this name           127.0.0.1, ::1    this address
 *     api.example:80     only at this port   [::1]:80          only at this port
 *     *.example          names below it      10.0.0.0/8        the addresses of a range
 *     unix:/run/x.sock   this Unix socket    [fd00::/8]:80     only at this port
 *
 * Names are compared as hostname.h writes them, without case and final dot; addresses as numbers,
 * however they are written (127.1, 0x7f000001, ::ffff:127.0.0.1). The zone of an address does not
 * count. A range of IPv6 addresses has no IPv4 addresses.
 *
 * A listed name is trusted with all addresses that it resolves to: its owner decides where
 * connections go. Any other name may be resolved if the list has addresses, and only those of its
 * addresses that are listed may be used. This has to be checked for each answer, so that a name
 * whose answers change (DNS rebinding) never leads elsewhere.
 *
 * The list applies to the destination of a connection, not to the host that its requests name.
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
    ALLOW_LISTED_ADDRESSES, /* of a name: those that allow_address allows */
    ALLOW_YES,
};

/* Checks the entries of a list. ERR_USAGE quotes the first invalid one. The functions below ignore
 * invalid entries. */
bool allow_check(const char *list, struct err *err);

/* A name that is not the text of an address. */
enum allow allow_name(const char *list, const char *name, uint16_t port);

/* Not for Unix sockets. */
bool allow_address(const char *list, const struct address *address);

/* A path is compared as it is written. */
bool allow_socket(const char *list, const char *path);

/* A name or the text of an address, without brackets. */
enum allow allow_host(const char *list, const char *host, uint16_t port);

#endif
