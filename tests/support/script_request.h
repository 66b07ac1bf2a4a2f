/*
 * script_request - finds where a request ends: the blank line, then Content-Length bytes of body.
 *
 * Part of script_server. The caller receives into `bytes + len`, adds to `len` and asks again.
 * Threads: none. Memory: start with zeroes; nothing is allocated.
 */
#ifndef TESTS_SUPPORT_SCRIPT_REQUEST_H
#define TESTS_SUPPORT_SCRIPT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_HEADER_MAX = 16384 };

enum script_request {
    SCRIPT_REQUEST_PARTIAL, /* incomplete: receive more */
    SCRIPT_REQUEST_WHOLE,   /* one has been removed; the next may be there already */
    SCRIPT_REQUEST_BAD,     /* a header too long, or a body without Content-Length */
};

struct script_input {
    char bytes[SCRIPT_HEADER_MAX];
    size_t len;
    uint64_t body_left; /* of the request that is being read */
    bool in_body;       /* its header has been read, its body not yet */
    bool is_head;       /* the last request was a HEAD */
};

/* Removes a request from the front of the input, or the part of it that has arrived. */
enum script_request script_request_take(struct script_input *in);

#endif
