/*
 * judge - what -slo means for a command: read before the work, checked on the way, an exit status
 * at the end.
 *
 * Threads: everything is for one thread. Memory: the slo is the caller's (slo_destroy).
 */
#ifndef LOADGEN_COMMAND_JUDGE_H
#define LOADGEN_COMMAND_JUDGE_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/measure/journal.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/report/slo_judge.h"
#include "loadgen/target/targets.h"

/* The value of -slo; of NULL *slo is NULL, and nothing is judged. ERR_USAGE points into it. */
bool judge_read(const char *text, struct slo **slo, struct err *err);

/*
 * Can it be judged at all? Each name must be one of the targets (NULL: they are not known yet), and
 * a percentage of the rate needs a schedule that asks for one. ERR_USAGE points at what cannot.
 */
bool judge_check(const struct slo *slo, const struct targets *targets,
                 const struct schedule *schedule, struct err *err);

/* What -abort-on-slo watches; borrows all of it. */
struct judge_watch {
    const struct slo *slo; /* NULL: nothing is watched */
    const struct rows *rows;
    uint64_t intended; /* by the whole schedule; 0: it has no end */
    bool has_shares;
    uint64_t shares[ROWS_ALL]; /* of these, by row */
};

struct judge_watch judge_watch_begin(const struct slo *slo, const struct targets *targets,
                                     bool take_turns, const struct schedule *schedule);

/* May it still be met? */
bool judge_may_be_met(const struct judge_watch *watch, const struct second *second);

/*
 * The end: true when everything is held. Else ERR_SLO_MISSED, or
 * ERR_GENERATOR_LIMIT when the generator was the limit, with what was missed.
 */
bool judge_end(const struct slo_verdict *verdict, const struct summary *summary, struct err *err);

#endif
