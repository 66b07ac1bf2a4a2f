/*
 * glance - the short runs of a search that get no verdict: warm-up, probe and pings.
 *
 * Threads: one; the functions run orders on it. Memory: borrows everything.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_GLANCE_H
#define LOADGEN_CAPACITY_TRIAL_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/run/runner.h"

/* Shared by all these runs of a search. */
struct glance_target {
    const struct order_runner *runner;
    const struct order *order; /* of all runs; each run sets its own schedule */
    const struct driver_type *driver_type;
    struct schedule *iterations; /* where to store the schedule of each run if users have
                                    iterations; NULL: in the plan */
    const struct control *control;
    bool is_interrupted; /* a run was interrupted; every later one counts as interrupted, too */
};

/* The measurements of the run. */
struct glance {
    double successes_per_s; /* with users: iterations per second */
    double answers_per_s;   /* with users: equal to successes_per_s */
    uint64_t response_ns;   /* median response time, without the generator's lag */
    bool has_errors;        /* not all requests succeeded */
    double cpu_share;       /* CPU used by the generator / CPU available to it, 0 to 1 */
    uint64_t request_ns;    /* CPU time of the generator per request */
};

/* Converts requests per second to the form that schedules use. */
struct rate glance_rate(double per_s);

/* Runs this schedule once. False with ERR_NONE if it was interrupted. */
bool glance_run(struct glance_target *target, const struct schedule *schedule, uint64_t max_workers,
                const struct observer *observer, struct summary *summary, struct err *err);

/*
 * glance_closed runs a closed loop of `workers`. With users, `workers` is ignored: iterations are
 * started faster than all users can run them. glance_at sends `requests` at `rate` per second; with
 * users, it starts that many iterations. Both functions fill in `seen`. False with ERR_NONE if the
 * run was interrupted, with ERR_FAILED if nothing was answered.
 */
bool glance_closed(struct glance_target *target, uint64_t duration_ns, unsigned workers,
                   struct glance *seen, struct err *err);
bool glance_at(struct glance_target *target, double rate, unsigned requests, struct glance *seen,
               struct err *err);

#endif
