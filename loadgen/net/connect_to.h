/*
 * connect_to - vegeta's -connect-to FROM:PORT:TO:PORT: connections that are meant for FROM go to
 * TO.
 *
 * The request says FROM as ever. The same FROM several times is all of its TOs in turn. An IPv6
 * address stands in brackets.
 */
#ifndef LOADGEN_NET_CONNECT_TO_H
#define LOADGEN_NET_CONNECT_TO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum { CONNECT_TO_HOST = 256, CONNECT_TO_TEXT = 2 * CONNECT_TO_HOST + 16 };

struct connect_to {
    char from_host[CONNECT_TO_HOST];
    char to_host[CONNECT_TO_HOST];
    uint16_t from_port;
    uint16_t to_port;
};

/* ERR_USAGE with the form that it should have. */
bool connect_to_parse(const char *text, struct connect_to *rule, struct err *err);

/* The text that it was read from, or one that means the same. Returns `text`. */
const char *connect_to_print(const struct connect_to *rule, char text[CONNECT_TO_TEXT]);

#endif
