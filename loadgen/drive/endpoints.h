/*
 * endpoints - the hosts and ports that one thread sends to: those of the targets, and those that
 * scripts add during the run.
 *
 * A request names its endpoint by index (source.h). Each thread has its own table, so no lock is
 * needed.
 *
 * Threads: belongs to one thread. Memory: a table of fixed size, because engines point into it;
 * endpoints_fini.
 */
#ifndef LOADGEN_DRIVE_ENDPOINTS_H
#define LOADGEN_DRIVE_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/target/targets.h"

enum { ENDPOINTS_ADDED_MAX = 1024 };
#define ENDPOINT_NONE UINT32_MAX

struct endpoints {
    struct endpoint *list;
    size_t count;
    size_t room;
};

/* Starts with the endpoints of the targets, with the same indices. False: out of memory. */
bool endpoints_init(struct endpoints *endpoints, const struct targets *targets);
void endpoints_fini(struct endpoints *endpoints);

/*
 * Finds or adds an endpoint and returns its index. ENDPOINT_NONE: ENDPOINTS_ADDED_MAX were added
 * already, or out of memory. The host must be normalized (hostname.h), without brackets.
 */
uint32_t endpoints_find(struct endpoints *endpoints, bool is_https, const char *host,
                        uint16_t port);

#endif
