/*
 * schedule_text - schedules as they stand on a command line.
 *
 *     -rate 100              -arrival constant|poisson  -seed N
 *     -ramp 10:500           with -duration
 *     -sine 100:50:1m:peak   with -duration
 *     -stages 30s:100,1m:500
 *
 * The setters have the form of a flag's (common/cli.h); schedule_from_flags puts what they stored
 * together. Rates are written as -rate's are, and must be whole numbers an hour.
 *
 * Errors: ERR_USAGE with the form that was expected. Threads: set-up only.
 */
#ifndef LOADGEN_PACE_SCHEDULE_TEXT_H
#define LOADGEN_PACE_SCHEDULE_TEXT_H

#include "common/cli.h"
#include "loadgen/pace/schedule.h"

/* What is sent when no flag says when. */
#define SCHEDULE_RATE_DEFAULT "50/1s"

/* A field for each flag; all 0: nothing was given. */
struct schedule_flags {
    struct rate rate; /* rate_set; per_ns 0: not given */
    uint64_t duration_ns;
    uint64_t seed;
    enum schedule_type arrival; /* SCHEDULE_CONSTANT or SCHEDULE_POISSON */
    struct stage ramp;          /* the length is not known yet */
    bool has_ramp;
    struct sine sine; /* period_ns 0: not given */
    struct stages stages;
};

cli_set_fn schedule_set_arrival; /* the field is arrival */
cli_set_fn schedule_set_ramp;    /* the field is the whole struct schedule_flags */
cli_set_fn schedule_set_sine;    /* the field is sine */
cli_set_fn schedule_set_stages;  /* the field is stages */

/* The schedule that the flags ask for; ERR_USAGE names those that contradict each other. */
bool schedule_from_flags(const struct schedule_flags *flags, struct schedule *schedule,
                         struct err *err);

enum { SCHEDULE_RATE_TEXT = 32 };

/* Writes a rate in the largest unit that makes it a whole number: 100/s, 90/m, 7/h. Returns `text`.
 */
const char *schedule_rate_print(uint64_t per_h, char text[SCHEDULE_RATE_TEXT]);

/* up, peak, down or trough. */
const char *schedule_sine_start_name(enum sine_start start);

#endif
