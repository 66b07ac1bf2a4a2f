/*
 * trips - a worker measures its clock against the controller's (offset.h), by asking for the time.
 *
 * Threads: one at a time. Memory: plain values.
 */
#ifndef LOADGEN_CLUSTER_WORKER_TRIPS_H
#define LOADGEN_CLUSTER_WORKER_TRIPS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/cluster/bus/bus.h"
#include "loadgen/cluster/offset.h"
#include "loadgen/cluster/wire/wire.h"

enum { TRIPS = 20 };

/* Of one trip. */
#define TRIPS_WAIT_NS (250 * NS_PER_MS)

/* Our clock against one controller's. */
struct trips {
    uint64_t clock; /* whose (wire/clock.h); 0: not measured */
    struct offset offset;
};

/*
 * Makes TRIPS round trips. False: the clock is not known well enough (offset_is_usable), or nobody
 * answers; err says which.
 */
bool trips_make(struct bus *bus, const struct wire_worker *self, struct trips *trips,
                struct err *err);

#endif
