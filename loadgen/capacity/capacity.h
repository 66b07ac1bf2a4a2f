/*
 * capacity - runs a search: takes each move from search.h, lets a runner measure it, and appends
 * the trial to the journal.
 *
 *     capacity_run(options, number, runner, journal, watcher, search, err)
 *
 * Trials that are already in the journal are not run again. A runner measures a real target
 * (trial_runner.h) or simulates one.
 *
 * Threads: one. Memory: capacity_destroy, even if capacity_run failed.
 */
#ifndef LOADGEN_CAPACITY_CAPACITY_H
#define LOADGEN_CAPACITY_CAPACITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/capacity/search/search.h"
#include "loadgen/capacity/trial/trial_journal.h"

/* Data from before the first trial. capacity_run takes ownership of both JSON values. */
struct capacity_start {
    double first_rate; /* first estimate of the capacity, in requests per second */
    json_t *generator; /* its `rate` is the highest at which the generator is trusted (calibrate.h);
                          NULL: unknown */
    json_t *baseline;  /* response time of the target without load: the runner's own JSON, passed
                          back to `resume`; NULL: unknown */
};

struct capacity_runner {
    /*
     * Warms the target up, measures its baseline and the generator, and estimates the capacity.
     * False with ERR_NONE if it was interrupted.
     */
    bool (*probe)(void *context, struct capacity_start *start, struct err *err);
    /*
     * Called instead of `probe` if the journal contains a probe. `baseline` is the baseline of that
     * probe; NULL: not recorded.
     */
    void (*resume)(void *context, const json_t *baseline);
    /*
     * Runs one trial; `serial` is different for each. Fills in `trial`, and sets *record to its
     * JSON (trial_record.h), which the caller frees. False with ERR_NONE if it was interrupted; the
     * trial then does not count.
     */
    bool (*run)(void *context, const struct search_move *move, unsigned serial, struct trial *trial,
                json_t **record, struct err *err);
    void *context;
};

/* The state of one search. */
struct capacity_search {
    struct search_options options; /* with first_rate and generator_rate filled in */
    json_t *generator, *baseline;  /* of capacity_start; NULL: unknown */
    struct trial trials[SEARCH_TRIALS_MAX];
    size_t count;
    size_t resumed;          /* how many of the trials are from the journal */
    json_t *records;         /* of the trials */
    struct search_move move; /* the next move, or the end of the search */
};

/* Callbacks; each may be NULL. on_probe is not called if the journal contains a probe. */
struct capacity_watcher {
    void (*on_probe)(void *context, const struct capacity_search *search); /* before the probe */
    void (*on_begin)(void *context, const struct capacity_search *search); /* before the trials */
    void (*on_move)(void *context, const struct capacity_search *search);  /* before each trial */
    void (*on_trial)(void *context, const struct capacity_search *search); /* after each trial */
    void *context;
};

/*
 * Runs search `number`, counted from 1, until it ends or is interrupted; if interrupted,
 * move.is_done is false. Returns false with err if the probe, a trial or the journal failed.
 */
bool capacity_run(const struct search_options *options, unsigned number,
                  const struct capacity_runner *runner, struct trial_journal *journal,
                  const struct capacity_watcher *watcher, struct capacity_search *search,
                  struct err *err);

void capacity_destroy(struct capacity_search *search);

#endif
