/*
 * tally - the results of one worker in one second of the run, in as many parts as needed.
 *
 * Run, worker, second and part identify a message. The controller takes each once (merge.h), so a
 * worker can send a message again if it does not know whether the broker has it.
 *
 * A worker that could not send for so long that it has no room for more seconds merges them and
 * sends them as one; `covers` is their number. No results are lost, only the seconds to which they
 * belong.
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
    uint64_t epoch;  /* number of the last epoch that it follows */
    uint64_t second; /* from 0; at most WIRE_TIME_MAX_NS / NS_PER_S */
    uint64_t covers; /* 1, or more: seconds up to this one; at most second + 1 */
    uint64_t part;   /* from 0 */
    uint64_t parts;  /* of the second; 1 to WIRE_PARTS */
    bool is_last;    /* no second follows; false: not known, wire_end will tell */
    struct wire_second at_end;
    struct slice tally; /* one part of tally_codec.h, with moments in run time; at most
                           TALLY_PART_MAX bytes */
};

void wire_write_tally(struct bytes *out, const struct wire_tally *tally);

/* The part itself is not checked here: tally_decode does. */
enum wire_read wire_read_tally(struct slice message, struct wire_tally *tally);

#endif
