/*
 * trips - measures a worker's clock against the controller's (offset.h).
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

/* Timeout of one trip. */
#define TRIPS_WAIT_NS (250 * NS_PER_MS)

/* The offset of our clock to that of one controller. */
struct trips {
    uint64_t clock; /* the controller's clock (wire/clock.h); 0: not measured */
    struct offset offset;
};

/*
 * Makes TRIPS round trips. False with err: the offset is too uncertain (offset_is_usable), or no
 * controller answers.
 */
bool trips_make(struct bus *bus, const struct wire_worker *self, struct trips *trips,
                struct err *err);

#endif
