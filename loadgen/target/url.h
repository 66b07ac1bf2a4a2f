/*
 * url - takes a URL apart: http[s]://host[:port][/path][?query][#fragment].
 *
 * The parts are slices of the text that was given, and live as long as it does. Bytes that HTTP
 * does not allow in a request line (spaces, controls) are refused, with the form that the text
 * should have; non-ASCII bytes are percent-encoded by url_add_path.
 *
 * Threads: pure functions. Errors: ERR_USAGE with the URL and the remedy.
 */
#ifndef LOADGEN_TARGET_URL_H
#define LOADGEN_TARGET_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/target/bytes.h"

struct slice {
    const char *at;
    size_t length;
};

struct url {
    struct slice authority; /* host[:port] as written: what the Host header says */
    struct slice host;      /* without the brackets of an IPv6 address */
    uint16_t port;          /* when none is written 80, with https 443 */
    bool is_https;
    struct slice path; /* path and query; may be empty or begin with '?' */
};

bool url_parse(const char *text, struct url *url, struct err *err);

/* Adds the path as a request line has it: "/" first, non-ASCII bytes as %XX. */
void url_add_path(const struct url *url, struct bytes *out);

/* The same without the query. */
void url_add_place(const struct url *url, struct bytes *out);

/* url_add_path, to a stream. */
void url_write_path(const struct url *url, FILE *out);

#endif
