/*
 * slo_watch - watches during a run whether the SLO can still be met.
 *
 * Threads: one. Memory: borrows everything.
 */
#ifndef LOADGEN_VERDICT_SLO_WATCH_H
#define LOADGEN_VERDICT_SLO_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/tally.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/target/targets.h"
#include "loadgen/verdict/slo.h"

struct slo_watch {
    const struct slo *slo; /* NULL: not watched */
    uint64_t intended;     /* requests of the whole schedule; 0: unknown */
    bool has_shares;
    uint64_t shares[ROWS_ALL]; /* of `intended`, by row */
};

/* `in_turns`: requests cycle through the targets, so each row's share is known. */
struct slo_watch slo_watch_begin(const struct slo *slo, const struct targets *targets,
                                 bool in_turns, const struct schedule *schedule);

/* False once the SLO can no longer be met. `total` counts the requests that have ended since the
 * start; `rows` names its rows. */
bool slo_watch_can_be_met(const struct slo_watch *watch, const struct tally *total,
                          const struct rows *rows);

#endif
