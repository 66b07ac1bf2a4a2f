/*
 * search - chooses the next rate of a capacity search, or ends it with a verdict.
 *
 * A search is a pure function of its options and the trials so far. It keeps no state, sends
 * nothing, and reads no clock, so a killed search resumes from the list of its trials, and tests
 * run it thousands of times on simulated targets.
 *
 *     move = search_next(&options, trials, count)
 *     while (!move.is_done) {
 *         run a trial of move.rate and move.duration_ns, append it to trials
 *         move = search_next(&options, trials, count)
 *     }
 *
 * The method is MLRsearch (RFC 9971) with one goal:
 *
 *     bracket   start just below the probed rate; go up while trials are good or down while they
 *               are bad, in growing steps
 *     halve     the interval between the highest load that seems good and the lowest that seems
 *               bad, until it is one grid step long, which is half a width (below a blocked load:
 *               four widths); each new load gets one trial
 *     repeat    both loads, until the class of each is certain (loads.h). A load whose class
 *               changes moves the interval, and the search continues from there. After a bad trial
 *               the lower load is repeated first, to spare the target
 *     verify    the lower load, by one longer trial; if the load was never bad, this replaces
 *               repeating it. A failure counts among the trials of that load: either the trial is
 *               repeated, or the load is too high and the search continues below it
 *
 * A target that stalls now and then may pass each short trial and fail each longer one. Once that
 * has happened at three loads, every trial is as long as a verification, and good trials that were
 * shorter no longer count. The search then brackets again, downwards from the highest of these
 * loads.
 *
 * The lowest load that is too high is the upper bound, even if a higher load was good.
 *
 * After three invalid trials in a row (loads.h), a load is blocked: the generator is the limit
 * there. The search then looks for the highest good rate below this load, which is a lower bound of
 * the capacity.
 *
 * Units: requests per second, nanoseconds. Threads, memory: pure functions.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_SEARCH_H
#define LOADGEN_CAPACITY_SEARCH_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/capacity/search/loads.h"
#include "loadgen/capacity/search/trial.h"

enum { SEARCH_TRIALS_MAX = LOADS_MAX };

struct search_options {
    double width;           /* two grid steps (grid.h), as a fraction of the rate, such as 0.02 */
    double min_rate;        /* above 0 */
    double max_rate;        /* 0: none */
    double generator_rate;  /* highest rate at which the generator is trusted; 0: unknown */
    double first_rate;      /* first estimate of the capacity, from the probe; 0: none */
    uint64_t trial_ns;      /* minimum length of a trial */
    uint64_t requests;      /* minimum number of requests in a trial */
    unsigned enough_trials; /* number of trials needed to classify a load: 4, 6, ... */
    uint64_t time_limit_ns; /* of all trials together, without the probe; no trial that would exceed
                               it begins. 0: none */
};

/* How a search ends: constant, and name in files and reports. */
#define SEARCH_VERDICTS(X)                                                                         \
    X(FOUND, "found")                                                                              \
    X(ABOVE_MAXIMUM, "above-maximum")         /* max_rate is good */                               \
    X(BELOW_MINIMUM, "below-minimum")         /* min_rate is too high */                           \
    X(GENERATOR_LIMITED, "generator-limited") /* the target sustains at least good_rate */         \
    X(OUT_OF_TIME, "out-of-time")             /* time_limit_ns or SEARCH_TRIALS_MAX was reached */

enum search_verdict {
#define X(constant, name) SEARCH_##constant,
    SEARCH_VERDICTS(X)
#undef X
};

/* The purpose of a trial: constant, and name in reports. */
#define SEARCH_STEPS(X)                                                                            \
    X(BRACKET, bracket)                                                                            \
    X(HALVE, halve)                                                                                \
    X(REPEAT, repeat)                                                                              \
    X(VERIFY, verify)

enum search_step {
#define X(constant, name) SEARCH_##constant,
    SEARCH_STEPS(X)
#undef X
};

struct search_move {
    bool is_done;
    enum search_verdict verdict; /* only if is_done */
    /* The next trial; only if not is_done. */
    enum search_step step;
    double rate;
    uint64_t duration_ns;
    uint64_t rest_ns; /* minimum idle time of the target before the trial */
    /* The interval so far. */
    double good_rate; /* the highest rate that is not too high; 0: none */
    double bad_rate;  /* the lowest rate that is too high; 0: none */
};

struct search_move search_next(const struct search_options *options, const struct trial *trials,
                               size_t count);

/*
 * The length of an ordinary trial at this rate: trial_ns or, if longer, the time that `requests`
 * take, rounded up to whole seconds.
 */
uint64_t search_trial_ns(const struct search_options *options, double rate);

extern const char *const search_verdict_names[];
extern const char *const search_step_names[];

#endif
