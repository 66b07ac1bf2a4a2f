/*
 * bin_counts - reads the counts of a run in our own format, one tally per second.
 *
 * The counts are added to the summary. If seconds are watched (second.h), each second is first
 * collected in its own tally.
 *
 * Threads: one. Memory: bin_counts_fini.
 */
#ifndef LOADGEN_RESULTS_BIN_BIN_COUNTS_H
#define LOADGEN_RESULTS_BIN_BIN_COUNTS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "loadgen/binary/block.h"
#include "loadgen/measure/summary.h"
#include "loadgen/measure/tally_codec.h"
#include "loadgen/results/stream/second.h"

struct bin_counts {
    const struct results_watch *watch; /* NULL: none */
    struct results_second second;      /* being read */
    struct tally *room;                /* its tally; NULL: not allocated */
    uint64_t started;                  /* requests of the run started by the end of that second */
    bool is_open;                      /* a second is being read */
};

/*
 * Adds a C block to the summary, and its number of results to *results; the block's run began at
 * wall_ns. False with *problem if the block cannot be read.
 */
bool bin_counts_take(struct bin_counts *counts, struct block *block, uint64_t wall_ns,
                     struct summary *summary, uint64_t *results, const char **problem);

/*
 * If seconds are watched, ends the second being read and begins one with the JSON of an S block.
 * False with err if out of memory.
 */
bool bin_counts_begin(struct bin_counts *counts, const json_t *json, uint64_t wall_ns,
                      struct summary *summary, struct err *err);

/* Ends the second being read, if any. Call this at the end of the run. */
void bin_counts_end(struct bin_counts *counts, struct summary *summary);

void bin_counts_fini(struct bin_counts *counts);

#endif
