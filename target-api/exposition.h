/*
 * exposition - all of /metrics: what the first port served (metrics.h), connections, users, this
 * process, its cgroup, and where it runs. What the system does not tell is left out.
 *
 * Threads: any. Memory: everything is borrowed.
 */
#ifndef TARGET_API_EXPOSITION_H
#define TARGET_API_EXPOSITION_H

#include "target-api/buffer.h"
#include "target-api/metrics.h"
#include "target-api/server.h"
#include "target-api/store.h"

struct exposition {
    const struct metrics *metrics;
    const struct server *server;
    struct store *store;
    double start_s; /* of the process, since 1970 */
    /* Where it runs, as the downward API says; "" when nobody does. */
    const char *pod;
    const char *node;
    const char *namespace;
};

void exposition_write(const struct exposition *exposition, struct buffer *b);

#endif
