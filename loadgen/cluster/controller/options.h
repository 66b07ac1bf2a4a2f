/*
 * options - what a controller is told (controller.h), and all of its parts may read.
 *
 * Memory: plain values; strings are borrowed.
 */
#ifndef LOADGEN_CLUSTER_CONTROLLER_OPTIONS_H
#define LOADGEN_CLUSTER_CONTROLLER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"

#define CONTROLLER_TALLIES ((uint64_t)512 << 20)

enum controller_worker_state {
    CONTROLLER_WORKER_READY,    /* is there, but takes no part */
    CONTROLLER_WORKER_RUNNING,  /* takes part in the run */
    CONTROLLER_WORKER_STOPPING, /* will leave */
    CONTROLLER_WORKER_MISSING,  /* silent, or lost */
};

/* A worker, for tables. */
struct controller_worker {
    const char *name;
    const char *node; /* "": unknown */
    unsigned threads;
    enum controller_worker_state state;
    uint64_t users;      /* of a scenario */
    double cpu_seconds;  /* used in the run */
    double wall_seconds; /* since the start of the run; 0: nothing was reported yet */
    uint64_t memory_bytes;
};

struct controller_options {
    struct bus_options bus;
    uint64_t expect_workers; /* at least 1 */
    uint64_t expect_wait_ns; /* after which the run does not begin */
    uint64_t tallies_bytes;  /* of the broker's disk, for what workers report */
    const char *holder;      /* of the lease, for people: "headroom-0, process 7" */
    /* Says in a line who is there, who is silent or lost; NULL: nobody wants to know. */
    void (*tell)(void *context, const char *line);
    void *context;
    /* Gets all workers about once a second from the beginning of a run, also while it waits for
     * them, and at its end. Called on the thread of `run`. NULL: not wanted. */
    void (*on_workers)(void *watcher, const struct controller_worker *list, size_t count);
    void *watcher;
};

#endif
