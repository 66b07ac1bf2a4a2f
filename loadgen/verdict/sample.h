/*
 * sample - the results on which a criterion of an SLO is judged: the whole run, or the row of a
 * target.
 *
 * Threads, memory: pure functions; a sample points into the tally.
 */
#ifndef LOADGEN_VERDICT_SAMPLE_H
#define LOADGEN_VERDICT_SAMPLE_H

#include <stdint.h>

#include "loadgen/measure/tally.h"

enum { SAMPLE_NONE = -1, SAMPLE_WHOLE = -2 };

struct sample {
    const struct histogram *latency;
    const struct histogram *unanswered; /* part of `latency` */
    const struct histogram *response;   /* `latency` if some results do not record their lag */
    const struct histogram *unanswered_response;
    uint64_t ended;
    uint64_t successes;
    uint64_t intended;
};

/*
 * The row with this name, or SAMPLE_NONE. A run with a single name has no rows: SAMPLE_WHOLE is
 * returned for that name.
 */
int sample_find_row(const struct rows *rows, const char *name);

/* `row` is a row of the tally, or SAMPLE_WHOLE. */
struct sample sample_take(const struct tally *tally, int row, uint64_t intended);

/* Requests with an answer, of any status. */
uint64_t sample_answered(const struct sample *sample);

#endif
