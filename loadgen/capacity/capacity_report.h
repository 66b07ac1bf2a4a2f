/*
 * capacity_report - the result of searches, as text and as JSON.
 *
 * docs/capacity.md explains the text, and docs/capacity.schema.json lists the keys of the JSON.
 *
 * Threads, memory: the searches are only read; the JSON is the caller's.
 */
#ifndef LOADGEN_CAPACITY_CAPACITY_REPORT_H
#define LOADGEN_CAPACITY_CAPACITY_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "loadgen/capacity/capacity.h"

enum { CAPACITY_FORMAT = 1, CAPACITY_SENTENCE = 256, CAPACITY_REPEAT_MAX = 100 };

/* At least one search. All must be complete, with the same target and the same options. */
struct capacity_searches {
    const struct capacity_search *list;
    size_t count;
    const json_t *settings; /* settings of the journal (trial_journal.h) */
    json_t *plan;           /* the plan of all trials (order/plan_json.h) */
    json_t *environment;    /* recorded before the first search (run/fingerprint.h) */
};

/* Statistics of the rates of several searches, in requests per second. */
struct capacity_spread {
    double median, min, max;
    double variation; /* standard deviation / mean */
};

struct capacity_spread capacity_find_spread(const struct capacity_searches *searches);

/* The search with the median rate; of an even number of searches, the lower of the middle two. */
const struct capacity_search *capacity_find_median(const struct capacity_searches *searches);

/* The verdict as a sentence without its full stop: "471.3/s meets the SLO, 476/s does not". */
const char *capacity_sentence(const struct capacity_search *search, char text[CAPACITY_SENTENCE]);

/*
 * Prints one trial as a line: rate, length, step, outcome, percentiles and reason. `record` is the
 * trial as JSON.
 */
void capacity_print_trial(const json_t *record, size_t number, FILE *out);

/* The result as JSON; NULL: out of memory. */
json_t *capacity_make_json(const struct capacity_searches *searches);

/* False if `out` cannot be written. */
bool capacity_write_text(const struct capacity_searches *searches, FILE *out);
bool capacity_write_json(const json_t *report, FILE *out);

#endif
