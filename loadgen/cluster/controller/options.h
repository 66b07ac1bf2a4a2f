/*
 * options - the options of a controller (controller.h).
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
    CONTROLLER_WORKER_READY,    /* announced, but not in the run */
    CONTROLLER_WORKER_RUNNING,  /* in the run */
    CONTROLLER_WORKER_STOPPING, /* is about to leave */
    CONTROLLER_WORKER_MISSING,  /* silent or lost */
};

/* A worker, for tables. */
struct controller_worker {
    const char *name;
    const char *node; /* "": unknown */
    unsigned threads;
    enum controller_worker_state state;
    uint64_t users;      /* of a scenario */
    double cpu_seconds;  /* used in the run */
    double wall_seconds; /* since the start of the run; 0: no report yet */
    uint64_t memory_bytes;
};

struct controller_options {
    struct bus_options bus;
    uint64_t expect_workers; /* at least 1 */
    uint64_t expect_wait_ns; /* maximum wait for them; then the run fails */
    uint64_t tallies_bytes;  /* disk space of the broker for the tallies */
    const char *holder;      /* name in the lease, for messages: "headroom-0, process 7" */
    /* Receives lines about the broker, and about workers that join, are silent or are lost. Called
       on the same threads as on_workers. NULL: not wanted. */
    void (*tell)(void *context, const char *line);
    void *context;
    /*
     * Receives all workers about once per second: during a run, including the wait for them, on the
     * thread of `run`; and after controller_watch between runs, too, on another thread. NULL: not
     * wanted.
     */
    void (*on_workers)(void *watcher, const struct controller_worker *list, size_t count);
    void *watcher;
};

#endif
