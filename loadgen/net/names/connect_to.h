/*
 * connect_to - rules of vegeta's -connect-to (FROM:PORT:TO:PORT): connections for FROM go to TO.
 *
 * Requests still name FROM in their Host header. If several rules have the same FROM:PORT,
 * connections rotate over them. IPv6 addresses need brackets; see hostname.h for the other forms of
 * a host.
 *
 * Threads: pure functions. Memory: a rule is a plain value.
 */
#ifndef LOADGEN_NET_NAMES_CONNECT_TO_H
#define LOADGEN_NET_NAMES_CONNECT_TO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/net/hostname.h"

enum { CONNECT_TO_HOST = HOSTNAME_MAX, CONNECT_TO_TEXT = 2 * HOSTNAME_TEXT + 16 };

struct connect_to {
    char from_host[CONNECT_TO_HOST];
    char to_host[CONNECT_TO_HOST];
    uint16_t from_port;
    uint16_t to_port;
};

/* Parses a rule. ERR_USAGE with the expected form. */
bool connect_to_parse(const char *text, struct connect_to *rule, struct err *err);

/* True if connections for this host and port go to rule->to_host. */
bool connect_to_applies(const struct connect_to *rule, const char *host, uint16_t port);

/* Prints a rule so that it parses to the same rule. Returns `text`. */
const char *connect_to_print(const struct connect_to *rule, char text[CONNECT_TO_TEXT]);

#endif
