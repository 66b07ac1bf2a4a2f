/*
 * url - parses URLs: http[s]://host[:port][/path][?query][#fragment].
 *
 * hostname.h normalizes host and authority: names become punycode, and the authority has no zone.
 * The path is a slice of the parsed text, and is valid only while that text is. Bytes that HTTP
 * does not allow in a request line (spaces, control characters) are an error; url_add_path
 * percent-encodes bytes outside ASCII.
 *
 * Threads: pure functions. Errors: ERR_USAGE with the URL and the remedy.
 */
#ifndef LOADGEN_TARGET_REQUEST_URL_H
#define LOADGEN_TARGET_REQUEST_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"
#include "loadgen/base/bytes.h"
#include "loadgen/net/hostname.h"

enum { URL_AUTHORITY_MAX = HOSTNAME_MAX + 64 };

struct url {
    char authority[URL_AUTHORITY_MAX]; /* host[:port], for the Host header */
    char host[HOSTNAME_MAX];           /* without brackets, with its zone */
    uint16_t port;                     /* default: 80, or 443 with https */
    bool is_https;
    struct slice path; /* path and query; may be empty or begin with '?' */
};

bool url_parse(const char *text, struct url *url, struct err *err);

/*
 * Reads "host:port" or "[v6]:port" into authority, host and port. Set is_https first: it determines
 * the default port. Returns NULL, or the error as a phrase that follows "the URL has ".
 */
const char *url_read_authority(struct url *url, struct slice text);

/* Appends path and query for a request line: "/" first, bytes outside ASCII as %XX. */
void url_add_path(const struct url *url, struct bytes *out);

/* Appends the path without its query, in the same form. */
void url_add_bare_path(const struct url *url, struct bytes *out);

#endif
