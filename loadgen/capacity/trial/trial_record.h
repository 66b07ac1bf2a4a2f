/*
 * trial_record - converts a trial to JSON, for the journal and the result.
 *
 * docs/capacity.schema.json lists the keys. A resumed search reads its trials back from this JSON,
 * so it continues as if it had not been interrupted.
 *
 * Memory: the caller frees the JSON (json_decref). Threads: no state.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_TRIAL_RECORD_H
#define LOADGEN_CAPACITY_TRIAL_TRIAL_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/capacity/search/search.h"
#include "loadgen/capacity/trial/over_time.h"
#include "loadgen/measure/summary.h"
#include "loadgen/verdict/judge.h"

/* The data that the summary does not contain. */
struct trial_context {
    enum search_step step;
    uint64_t seed;     /* of the arrivals */
    uint64_t rest_ns;  /* before the trial: recovery, and the rest that the search asked for */
    bool is_recovered; /* the target had recovered before the trial (trial_runner.h) */
    const char *reason;
    const struct over_time *over_time;
    json_t *target; /* metrics of the target (loadgen/scrape/account.h), borrowed; NULL: not read */
};

/* NULL if out of memory. */
json_t *trial_record_make(const struct trial *trial, const struct trial_context *context,
                          const struct slo_verdict *verdict, const struct summary *summary);

/* A record without measurements, for simulations. */
json_t *trial_record_make_bare(const struct trial *trial, enum search_step step);

/* Reads rate, durations and outcome. ERR_FAILED if one of these keys is missing or wrong. */
bool trial_record_read(const json_t *json, struct trial *trial, struct err *err);

extern const char *const trial_outcome_names[];

#endif
