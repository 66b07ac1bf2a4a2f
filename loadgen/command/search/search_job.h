/*
 * search_job - a capacity search, as `loadgen capacity` and the web server run it.
 *
 *     search_job_open    reads the targets or the scenario; fills in plan, rules and settings
 *     (the caller opens the journal, if there is one: trial_journal_open(&job.journal, ...,
 *     job.settings, ...))
 *     search_job_run     runs test_start of the scenario, then the searches
 *     search_job_close
 *
 * Errors name flags, or fields such as "search.max_rate" (flags/field_flags.h). Threads: one at a
 * time. Memory: before search_job_open, zero the job and set is_served, place and its options,
 * which are borrowed; call search_job_close even on failure. A job must not move.
 */
#ifndef LOADGEN_COMMAND_SEARCH_SEARCH_JOB_H
#define LOADGEN_COMMAND_SEARCH_SEARCH_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/capacity/capacity_report.h"
#include "loadgen/capacity/trial/trial_journal.h"
#include "loadgen/capacity/trial/trial_runner.h"
#include "loadgen/command/flags/capacity_flags.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"
#include "loadgen/run/run.h"
#include "loadgen/scrape/meter.h"
#include "loadgen/users/users.h"

/* Observes the search for the caller. */
struct search_watch {
    struct capacity_watcher watcher;
    /* Once per second of a trial. */
    void (*on_second)(void *context, const struct second *second);
    /* Called with the target's metrics before and after each trial; NULL: none. */
    void (*on_load)(void *context, const struct target_load *load, bool is_after);
    void *context;
    bool counts_targets; /* as in struct observer (run/run.h) */
};

struct search_job {
    struct capacity_options *options;
    struct slo *slo;
    struct workload workload;
    struct users_order users; /* of a scenario */
    struct plan plan;
    json_t *settings;                 /* must equal those in the journal of a resumed search */
    struct trial_journal journal;     /* has no file unless the caller opens it */
    const struct order_runner *place; /* of all runs but test_start */
    bool is_served;                   /* by the web server (scenario/user_limits.h) */
    struct capacity_search *list;
    size_t count; /* searches that have begun */
    /* private */
    struct search_options search;
    json_t *plan_shown;
    json_t *environment;
    struct order order;
    struct control control;
    struct trial_runner runner;
    const struct search_watch *watch;
    struct meter meter; /* of the target */
};

/* `url` replaces the targets; NULL: none. Sets options that have no flag. */
bool search_job_open(struct search_job *job, const char *url, struct err *err);

/*
 * Runs options->repeat searches. False with err if one failed. False with ERR_NONE if stop_fd
 * interrupted it; the last search is then not complete, or has not begun.
 *
 * The texts in the last second are valid until search_job_close.
 */
bool search_job_run(struct search_job *job, int stop_fd, const struct search_watch *watch,
                    struct err *err);

/*
 * The results. Call this only if there is a search and all are complete. Valid until
 * search_job_close.
 */
struct capacity_searches search_job_result(const struct search_job *job);

/* False: closing the targets failed; err is set. */
bool search_job_close(struct search_job *job, struct err *err);

#endif
