/*
 * redirect - builds the request that follows an answer with a Location.
 *
 * As in vegeta (Go's client), 301, 302 and 303 turn every method except HEAD into a GET without a
 * body; 307 and 308 repeat method and body. An answer with another status, or without a Location,
 * is final.
 *
 * If the body is dropped, so are Content-Length, Content-Type and Transfer-Encoding. All other
 * headers are kept for the same origin (scheme, host and port); a host with a trailing dot is a
 * different host, as in curl. To another origin, Host is that of the Location, and Authorization,
 * Proxy-Authorization, WWW-Authenticate, Proxy-Authenticate, Cookie and Cookie2 are omitted.
 * Credentials in a same-origin Location become Authorization: Basic, as in curl, unless the request
 * has an Authorization header.
 *
 * Threads: pure functions. Memory: the caller's.
 */
#ifndef LOADGEN_HTTP_REDIRECT_REDIRECT_H
#define LOADGEN_HTTP_REDIRECT_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/redirect/location.h"
#include "loadgen/target/request/source.h"

/* True for 301, 302, 303, 307 and 308. */
bool redirect_is_status(uint16_t code);

/* The origin that answered. */
struct redirect_origin {
    const char *host; /* without brackets */
    uint16_t port;
    bool is_https;
};

struct redirect {
    char host[HOSTNAME_MAX]; /* "": the origin that answered */
    uint16_t port;           /* 0 if `host` is "" */
    bool is_https;
    struct request request; /* its bytes are in the caller's buffer; its body (tail) and endpoint
                               are those of the old request */
};

/*
 * Builds in `buffer` the request for `location`. `request` (with its number inserted) was answered
 * by `from` with `code`. False: the Location cannot be followed; `problem` says why.
 */
bool redirect_follow(const struct request *request, const struct redirect_origin *from,
                     uint16_t code, const char *location, char *buffer, size_t size,
                     struct redirect *redirect, char problem[LOCATION_PROBLEM]);

#endif
