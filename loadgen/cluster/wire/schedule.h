/*
 * schedule - a schedule and the position in it, as fields of messages (pace/schedule.h).
 */
#ifndef LOADGEN_CLUSTER_WIRE_SCHEDULE_H
#define LOADGEN_CLUSTER_WIRE_SCHEDULE_H

#include "loadgen/cluster/wire/codec.h"
#include "loadgen/pace/schedule.h"

/*
 * The schedule must pass schedule_check, and have values that a flag or the JSON of a plan can set.
 */
void wire_schedule(struct wire *wire, struct schedule *schedule);

/* Must be a position in this schedule from which the next request can be found. */
void wire_walk(struct wire *wire, const struct schedule *schedule, struct schedule_walk *walk);

#endif
