/*
 * trial_runner - the runner of a real search: each trial is a run (loadgen/run/run.h), and so are
 * the warm-up, the probe and the pings.
 *
 *     warm-up  a closed loop of a few workers; not counted
 *     baseline the median response time of a few requests at a low rate
 *     calibration (of the generator)
 *              the highest rate at which the generator is trusted (selftest/calibrate.h); 1 to 4 s.
 *              The rate is computed from the CPU time per request in the calibration. The probe's
 *              CPU time per request replaces it if it is larger and the probe kept the generator
 *              busy
 *     probe    a closed loop of more workers: an estimate of the maximum rate
 *
 * A resumed search uses the baseline in its journal; if there is none, it measures one.
 *
 * Before the first trial, and after one that was not good, the runner waits for the target to
 * recover: it pings at the low rate until the median response time (latency without the generator's
 * lag) is at most 1 ms above twice the baseline and no ping fails. Failed pings are ignored if
 * requests failed while the baseline was measured. If the target has not recovered after
 * TRIAL_RUNNER_RECOVERY_MAX_NS, the next trial runs anyway; its record says so, and so does its
 * reason unless the trial is good.
 *
 * With users, rates are iterations per second. The generator is not calibrated, because the cost of
 * an iteration depends on its script. Workers in other pods are not calibrated either: what this
 * process could send says nothing about them. Instead, the verdict of each trial says whether the
 * generator was the limit.
 *
 * A trial ends early once its SLO can no longer be met.
 *
 * The target's metrics are read just before the first request of a trial and after its last answer,
 * never in between. If no pod could be read before the trial, none is read after it.
 *
 * Threads: one; the runner runs orders on it. Memory: borrows everything. The texts passed to
 * on_second stay valid until the end of the next trial that calls on_second, or until
 * trial_runner_close; a trial that cannot begin does not free them.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_TRIAL_RUNNER_H
#define LOADGEN_CAPACITY_TRIAL_TRIAL_RUNNER_H

#include "common/clock.h"
#include "loadgen/capacity/capacity.h"
#include "loadgen/capacity/trial/glance.h"
#include "loadgen/order/plan.h"
#include "loadgen/run/runner.h"
#include "loadgen/scrape/scrape.h"
#include "loadgen/verdict/slo.h"

#define TRIAL_RUNNER_RECOVERY_MAX_NS (30 * NS_PER_S)

struct trial_runner {
    const struct order_runner *runner; /* of all runs; NULL: this process */
    const struct order *order;         /* of all runs; each run sets its own schedule */
    const struct driver_type *driver_type;
    struct schedule *iterations; /* schedule of the users' iterations (glance.h); NULL: no users */
    const struct slo *slo;
    const struct control *control;
    enum schedule_type arrival; /* SCHEDULE_CONSTANT or SCHEDULE_POISSON */
    uint64_t base_seed;
    bool is_quick;
    const char *cap_flag;              /* raises the cap on connections; named in reasons */
    const struct scrape_urls *metrics; /* read before and after each trial; NULL: none */
    double generator_rate; /* highest rate at which the generator is trusted; 0: calibrate */
    /* Called once per second during a trial; NULL: none. */
    void (*on_second)(void *context, const struct second *second);
    void *context;
    bool counts_targets; /* as in struct observer (run/run.h) */
    /* Called with the target's metrics as they were before a trial, or after it; NULL: none. */
    void (*on_scrape)(void *context, const struct scrape *scrape, bool is_after);
    /* Private. */
    uint64_t baseline_ns; /* 0: not measured yet */
    bool had_errors;      /* requests of the baseline failed */
    double ping_rate;
    bool was_good; /* the last trial was good */
    struct glance_target target;
    bool was_seen;        /* the current trial has called on_second */
    struct summary *last; /* of the last trial that called on_second; NULL: none */
};

/* Call this before each search; the fields above `Private` must be set. */
struct capacity_runner trial_runner_make(struct trial_runner *runner);

void trial_runner_close(struct trial_runner *runner);

#endif
