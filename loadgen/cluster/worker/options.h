/*
 * options - the options of a worker (worker.h).
 *
 * Memory: plain values; strings are borrowed.
 */
#ifndef LOADGEN_CLUSTER_WORKER_OPTIONS_H
#define LOADGEN_CLUSTER_WORKER_OPTIONS_H

#include <stdint.h>

#include "common/clock.h"
#include "loadgen/cluster/bus/bus.h"
#include "loadgen/cluster/worker/assignment.h"

#define WORKER_LEAVE_NS (15 * NS_PER_S)

struct worker_options {
    struct bus_options bus;
    const char *name; /* wire_is_name; survives a restart of this worker */
    const char *node; /* name of its machine; NULL: not known */
    double cpu_limit;
    struct assignment_rules rules;
    uint64_t orphan_ns;
    int stop_fd; /* eventfd, as of struct control (run/run.h) */
    /* Receives lines about what the worker does. NULL: not wanted. */
    void (*tell)(void *context, const char *line);
    void *context;
};

#endif
