/*
 * tally - the results of one worker in one second of the run, in as many parts as needed.
 *
 * Run, worker, second and part identify a message. The controller takes each message once
 * (merge.h), so a worker can send it again if it does not know whether the broker has stored it.
 *
 * If a worker could not send, and has no room for more seconds, it merges them and sends them as
 * one; `covers` is their number. No results are lost, but they are no longer assigned to their
 * seconds.
 *
 * Memory: the part borrows from the message.
 */
#ifndef LOADGEN_CLUSTER_WIRE_TALLY_H
#define LOADGEN_CLUSTER_WIRE_TALLY_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/second.h"
#include "loadgen/cluster/wire/wire.h"

enum { WIRE_PARTS = 64 }; /* maximum number of parts of a second */

struct wire_tally {
    struct wire_worker from;
    uint64_t run;
    uint64_t epoch;  /* number of the last epoch that the worker follows */
    uint64_t second; /* from 0; at most WIRE_TIME_MAX_NS / NS_PER_S */
    uint64_t covers; /* number of merged seconds up to this one; 1 to second + 1 */
    uint64_t part;   /* from 0 */
    uint64_t parts;  /* of the second; 1 to WIRE_PARTS */
    bool is_last;    /* no second follows; false: not known until wire_end */
    struct wire_second at_end;
    struct slice tally; /* one part of tally_codec.h, with moments in run time; at most
                           TALLY_PART_MAX bytes */
};

void wire_write_tally(struct bytes *out, const struct wire_tally *tally);

/* The part itself is not checked here: tally_decode does. */
enum wire_read wire_read_tally(struct slice message, struct wire_tally *tally);

#endif
