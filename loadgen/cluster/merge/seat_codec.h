/*
 * seat_codec - what a merge knows of one worker, as fields of a message.
 */
#ifndef LOADGEN_CLUSTER_MERGE_SEAT_CODEC_H
#define LOADGEN_CLUSTER_MERGE_SEAT_CODEC_H

#include "loadgen/cluster/merge/state.h"
#include "loadgen/cluster/wire/codec.h"

/* All of a seat but its worker, which comes before. Reading: the seat is a new one. */
void merge_pass_seat(struct wire *wire, struct merge_seat *seat);

#endif
