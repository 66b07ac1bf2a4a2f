/*
 * limits - resource limits of the service, each set by a flag (options.c). docs/target-api.md says
 * what happens when a limit is exceeded.
 */
#ifndef TARGET_API_HTTP_LIMITS_H
#define TARGET_API_HTTP_LIMITS_H

#include <stdint.h>

struct limits {
    uint64_t body_bytes;   /* of a request body; larger: 413 */
    uint64_t bodies_bytes; /* of all request bodies in memory; more: 503 */
    uint64_t header_bytes; /* of a request line and its headers; larger: 431 */
    uint64_t connections;  /* open at once; more: closed on accept */
    uint64_t users;        /* in the store; more: 507 */
    uint64_t users_bytes;  /* of ids, names and ages as JSON; more: 507 */
    uint64_t request_s;    /* to receive a request; longer: closed */
    uint64_t idle_s;       /* without a byte in either direction; longer: closed */
};

#endif
