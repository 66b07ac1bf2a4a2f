/*
 * slo_flag - the -slo flag: parses it before the run; after the run, converts the verdict to an
 * exit status.
 *
 * Threads: one. Memory: the caller destroys the slo (slo_destroy).
 */
#ifndef LOADGEN_COMMAND_SESSION_SLO_FLAG_H
#define LOADGEN_COMMAND_SESSION_SLO_FLAG_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/target/targets.h"
#include "loadgen/verdict/judge.h"

/* Parses the value of -slo; `text` NULL: *slo becomes NULL. ERR_USAGE points into the text. */
bool slo_flag_parse(const char *text, struct slo **slo, struct err *err);

/*
 * Checks that the SLO can be judged: each name must be a target's (`targets` NULL: not known yet),
 * and a percentage of the rate needs a schedule with a rate. ERR_USAGE points at the criterion.
 */
bool slo_flag_check(const struct slo *slo, const struct targets *targets,
                    const struct schedule *schedule, struct err *err);

/*
 * True if the SLO is met. Otherwise sets ERR_SLO_MISSED, or ERR_GENERATOR_LIMIT if the generator
 * was the limit, and names the missed criteria.
 */
bool slo_flag_conclude(const struct slo_verdict *verdict, const struct summary *summary,
                       struct err *err);

#endif
