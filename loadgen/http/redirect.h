/*
 * redirect - from an answer's Location to the request that follows it.
 *
 * As vegeta (Go's client) has it: 301, 302 and 303 turn everything but HEAD into a GET without a
 * body, 307 and 308 send the same method and body again. The other headers go along; Host becomes
 * that of the new place, and Authorization and Cookie stay behind when the host is another one.
 *
 * Threads: pure functions. Memory: the caller's.
 */
#ifndef LOADGEN_HTTP_REDIRECT_H
#define LOADGEN_HTTP_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/target/source.h"

/* Is this a status with which a server sends a client on? */
bool redirect_is_one(uint16_t code);

/* How many of the request's bytes, without the digits of its number, go into the one that follows
 * such an answer: all, or all but the body. */
size_t redirect_needs(const struct request *request, uint16_t code);

enum { REDIRECT_HOST_MAX = 256 };

struct redirect {
    char host[REDIRECT_HOST_MAX]; /* NUL-terminated; "" when it is the host that answered */
    uint16_t port;
    bool is_https;
    struct request request; /* its bytes are in the buffer that was given; endpoint is not set */
};

/*
 * Makes the request that `location` asks for after `request` was answered with `code`. The bytes go
 * into `buffer`. `is_https` is the scheme of the place that answered, and so of a Location without
 * one. False when the location is no http URL or path, or does not fit; then `problem`
 * says why.
 */
bool redirect_follow(const struct request *request, bool is_https, uint16_t code,
                     const char *location, char *buffer, size_t size, struct redirect *redirect,
                     const char **problem);

#endif
