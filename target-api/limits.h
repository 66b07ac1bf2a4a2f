/*
 * limits - what target-api refuses or ends so that no client can use it up. Each is a flag
 * (options.c); docs/target-api.md says what happens beyond it.
 */
#ifndef TARGET_API_LIMITS_H
#define TARGET_API_LIMITS_H

#include <stdint.h>

struct limits {
    uint64_t body_bytes;   /* of one request: 413 */
    uint64_t bodies_bytes; /* of all requests that are under way: 503 */
    uint64_t header_bytes; /* of one request, with its request line: 431 */
    uint64_t connections;  /* open at once: closed as soon as accepted */
    uint64_t users;        /* held: 507 */
    uint64_t users_bytes;  /* of their names and ages as JSON: 507 */
    uint64_t request_s;    /* from the first byte of a request to its last: closed */
    uint64_t idle_s;       /* without a byte in either direction: closed */
};

#endif
