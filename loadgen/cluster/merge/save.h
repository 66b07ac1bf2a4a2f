/*
 * save - serializes the state of a merge, so that another controller can continue it.
 *
 * A state is a series of parts of at most TALLY_PART_MAX + 1 kB. It contains the sequence of the
 * last message that it includes from the stream of tallies; the reader continues after that one.
 * Tallies already taken are recognized by worker, second and part.
 *
 * Moments in the state are relative to the clock of the writer's header, and are converted to that
 * of the reader (merge_config.start_ns).
 *
 * Parts are untrusted: each is checked. A state is complete when all its parts have arrived, in
 * order. If the writer died while saving, parts of an older state may be mixed in, so each part
 * contains the number of its state.
 *
 * Threads: one, the merge's.
 */
#ifndef LOADGEN_CLUSTER_MERGE_SAVE_H
#define LOADGEN_CLUSTER_MERGE_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"
#include "loadgen/cluster/merge/merge.h"

struct merge_sink {
    void (*put)(void *context, uint64_t part, struct slice bytes); /* part from 0 */
    void *context;
};

/*
 * Writes the state. `number` must be greater than that of any earlier state of the run. Returns the
 * number of parts.
 */
uint64_t merge_save(const struct merge *merge, uint64_t number, uint64_t sequence,
                    const struct merge_sink *sink);

/* The head of a part, which can be read before it is loaded. */
struct merge_part {
    uint64_t run;
    uint64_t number;   /* of the state */
    uint64_t sequence; /* of the last message that it includes */
    uint64_t index;    /* of the part */
    bool is_last;
};

/* False: it is not part of a state. */
bool merge_peek(struct slice bytes, struct merge_part *part);

enum merge_load {
    MERGE_LOAD_MORE,     /* further parts are needed */
    MERGE_LOAD_COMPLETE, /* all parts are loaded, and *sequence is set */
    MERGE_LOAD_BAD, /* malformed, of another run, or of different states: create a new merge and
                       read the stream from its beginning */
};

/* Adds the next part, from part 0 on, to a new merge. */
enum merge_load merge_load(struct merge *merge, struct slice bytes, uint64_t *sequence);

/*
 * Call this when the state is complete. Gives its total to the observer as a correction of its last
 * second, because the state does not contain the seconds themselves.
 */
void merge_give_loaded(struct merge *merge);

#endif
