/*
 * start - when the run begins. Published once per controller: one that takes over publishes its own
 * clock.
 *
 * A worker maps start_ns to its own clock with the offset that it has measured against the same
 * `clock` (wire/clock.h), once, before it begins: the mapping does not change during the run.
 */
#ifndef LOADGEN_CLUSTER_WIRE_START_H
#define LOADGEN_CLUSTER_WIRE_START_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"

struct wire_start {
    uint64_t run;
    uint64_t clock;    /* whose clock: that of wire/clock.h */
    uint64_t start_ns; /* run time 0, on that clock; the warm-up comes before. Not 0 */
    uint64_t wall_ns;  /* the same moment, since 1970 */
};

void wire_write_start(struct bytes *out, const struct wire_start *start);
enum wire_read wire_read_start(struct slice message, struct wire_start *start);

#endif
