/*
 * hopeless - judges, from the state of a run in progress, whether the SLO can still be met.
 *
 * Threads, memory: a pure function.
 */
#ifndef LOADGEN_VERDICT_HOPELESS_H
#define LOADGEN_VERDICT_HOPELESS_H

#include <stdint.h>

#include "loadgen/measure/tally.h"
#include "loadgen/verdict/slo.h"

/* State of a run in progress. */
struct slo_progress {
    const struct tally *tally;  /* since the start */
    const struct rows *rows;    /* the names of the tally's rows */
    uint64_t intended;          /* requests of the whole run, to its end; 0: unknown */
    const uint64_t *row_shares; /* `intended` by row; NULL: unknown */
};

/*
 * The first criterion that can no longer be met, even if every further request is answered
 * immediately; NULL: all can still be met. Rate and throughput are only known at the end, so they
 * never count as missed here. A single request without an answer makes a mean or a maximum
 * hopeless; apart from that, percentiles, means and errors can be judged only if the number of
 * intended requests is known.
 */
const struct slo_criterion *slo_find_hopeless(const struct slo *slo,
                                              const struct slo_progress *progress);

#endif
