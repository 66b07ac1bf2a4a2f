/*
 * start - a message with the start time of the run. A controller that takes over publishes it
 * again, on its own clock.
 *
 * A worker converts start_ns to its own clock with the offset to the same `clock` (wire/clock.h).
 * It does so once, before it begins; the conversion does not change during the run.
 */
#ifndef LOADGEN_CLUSTER_WIRE_START_H
#define LOADGEN_CLUSTER_WIRE_START_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"

struct wire_start {
    uint64_t run;
    uint64_t clock;    /* identifies the clock: see wire/clock.h */
    uint64_t start_ns; /* run time 0, on that clock, after the warm-up. Never 0 */
    uint64_t wall_ns;  /* the same moment, since 1970 */
};

void wire_write_start(struct bytes *out, const struct wire_start *start);
enum wire_read wire_read_start(struct slice message, struct wire_start *start);

#endif
