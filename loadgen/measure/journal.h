/*
 * journal - the blocks of a result file beside the results: what a report needs to know of the run.
 *
 *     'H' header   plan, clock pair (wall and monotonic nanoseconds of the same moment), version
 *     'T' targets  name, method and URL of each target, in pieces that fit into a block
 *     'A' addresses  as text, in pieces too
 *     'S' second   counters of that second, in flight, state of the generator so far
 *     'E' end      intended, not started, counters of the run, interrupted, the generator
 *
 * Each is one JSON object; docs/result-format.md lists the keys, loadgen/results reads them.
 *
 * Errors: those of the writer (result_writer.h).
 */
#ifndef LOADGEN_MEASURE_JOURNAL_H
#define LOADGEN_MEASURE_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/result_writer.h"
#include "loadgen/measure/summary.h"
#include "loadgen/target/targets.h"

enum { JOURNAL_FORMAT = 2 }; /* what the header says */

/* One second of a run, as observers and the journal see it. */
struct second {
    uint64_t index;      /* from 0 */
    uint64_t elapsed_ns; /* since the start */
    uint64_t intended;   /* due since the start */
    uint64_t started;    /* since the start */
    uint64_t in_flight;
    const struct tally *tally; /* of what ended in this second */
    const struct tally *total; /* of what ended since the start */
    const struct generator *generator;
};

/* The writers do nothing when `writer` is NULL. `plan` is borrowed. */
void journal_write_header(struct result_writer *writer, json_t *plan, uint64_t wall_ns,
                          uint64_t monotonic_ns);
/* From this one on. */
void journal_write_targets(struct result_writer *writer, const struct targets *targets,
                           size_t from);
void journal_write_addresses(struct result_writer *writer, const struct address_list *addresses,
                             size_t from);
void journal_write_end(struct result_writer *writer, const struct summary *summary,
                       const struct targets *targets);

/* Never waits: false when no block is free, because the reader is slow, and nothing was written. */
bool journal_write_second(struct result_writer *writer, const struct second *second);

#endif
