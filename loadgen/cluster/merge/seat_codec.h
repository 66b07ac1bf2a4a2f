/*
 * seat_codec - the state of one worker in a merge (struct merge_seat), as fields of a message.
 */
#ifndef LOADGEN_CLUSTER_MERGE_SEAT_CODEC_H
#define LOADGEN_CLUSTER_MERGE_SEAT_CODEC_H

#include "loadgen/cluster/merge/state.h"
#include "loadgen/cluster/wire/codec.h"

/*
 * Passes all fields of a seat except its worker, which precedes them. When reading, the seat must
 * be new.
 */
void merge_pass_seat(struct wire *wire, struct merge_seat *seat);

#endif
