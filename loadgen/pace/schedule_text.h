/*
 * schedule_text - parses the flags of schedules.
 *
 *     -rate 100              -arrival constant|poisson  -seed N
 *     -ramp 10:500           with -duration
 *     -sine 100:50:1m:peak   with -duration
 *     -stages 30s:100,1m:500
 *
 * The setters (common/cli.h) store the value of each flag; schedule_from_flags combines them. Rates
 * are written as in -rate and must be a whole number of requests per hour.
 *
 * Errors: ERR_USAGE with the expected form. Threads: set-up only.
 */
#ifndef LOADGEN_PACE_SCHEDULE_TEXT_H
#define LOADGEN_PACE_SCHEDULE_TEXT_H

#include "common/cli.h"
#include "loadgen/pace/schedule.h"

/* The rate if no flag is given. */
#define SCHEDULE_RATE_DEFAULT "50/1s"

/* The values of the flags; 0: not given. */
struct schedule_flags {
    struct rate rate; /* rate_set; per_ns 0: not given */
    uint64_t duration_ns;
    uint64_t seed;
    enum schedule_type arrival; /* SCHEDULE_CONSTANT or SCHEDULE_POISSON */
    struct stage ramp;          /* without its duration */
    bool has_ramp;
    struct sine sine; /* period_ns 0: not given */
    struct stages stages;
};

cli_set_fn schedule_set_arrival; /* `field` points to `arrival` */
cli_set_fn schedule_set_ramp;    /* `field` points to the whole struct schedule_flags */
cli_set_fn schedule_set_sine;    /* `field` points to `sine` */
cli_set_fn schedule_set_stages;  /* `field` points to `stages` */

/* Builds the schedule from the flags. ERR_USAGE names conflicting fields. */
bool schedule_from_flags(const struct schedule_flags *flags, struct schedule *schedule,
                         struct err *err);

#endif
