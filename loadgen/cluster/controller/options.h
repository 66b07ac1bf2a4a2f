/*
 * options - what a controller is told (controller.h), and all of its parts may read.
 *
 * Memory: plain values; strings are borrowed.
 */
#ifndef LOADGEN_CLUSTER_CONTROLLER_OPTIONS_H
#define LOADGEN_CLUSTER_CONTROLLER_OPTIONS_H

#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"

#define CONTROLLER_TALLIES ((uint64_t)512 << 20)

struct controller_options {
    struct bus_options bus;
    uint64_t expect_workers; /* at least 1 */
    uint64_t expect_wait_ns; /* after which the run does not begin */
    uint64_t tallies_bytes;  /* of the broker's disk, for what workers report */
    const char *holder;      /* of the lease, for people: "headroom-0, process 7" */
    /* Says in a line who is there, who is silent or lost; NULL: nobody wants to know. */
    void (*tell)(void *context, const char *line);
    void *context;
};

#endif
