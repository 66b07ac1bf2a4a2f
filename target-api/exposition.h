/*
 * exposition - writes the /metrics page: requests (metrics.h), connections, users, process, cgroup,
 * and the pod and node of the process. Values that the system does not provide are omitted.
 *
 * Threads: any. Memory: everything is borrowed.
 */
#ifndef TARGET_API_EXPOSITION_H
#define TARGET_API_EXPOSITION_H

#include <stdio.h>

#include "target-api/http/metrics.h"
#include "target-api/http/server.h"
#include "target-api/users/store.h"

struct exposition {
    const struct metrics *metrics;
    const struct server *server;
    struct store *store;
    double start_s; /* start time of the process, Unix time */
    /* Labels of target_info, from flags; "": unknown. */
    const char *pod;
    const char *node;
    const char *namespace;
};

void exposition_write(const struct exposition *exposition, FILE *out);

#endif
