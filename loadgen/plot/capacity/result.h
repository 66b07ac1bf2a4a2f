/*
 * capacity_result - reads the JSON result of a capacity search (docs/capacity.schema.json), which
 * may come from any file: a value that is missing or of the wrong type reads as "" or 0.
 *
 * Threads: no state. Memory: borrows from the JSON.
 */
#ifndef LOADGEN_PLOT_CAPACITY_RESULT_H
#define LOADGEN_PLOT_CAPACITY_RESULT_H

#include <jansson.h>
#include <stdint.h>

const char *capacity_text(const json_t *json, const char *key);
double capacity_number(const json_t *json, const char *key);

/* A non-negative integer, such as nanoseconds; a negative one reads as 0. */
uint64_t capacity_count(const json_t *json, const char *key);

/* `rate` or `upper` of the result; 0: none. */
double capacity_bound(const json_t *result, const char *key);

/* The number of the search, from 1, that found the result's capacity; 0: none. */
unsigned capacity_find_search(const json_t *result);

/* The number of trials at a rate; `search` 0: in all searches; `outcome` NULL: with any outcome. */
size_t capacity_count_trials(const json_t *result, unsigned search, double rate,
                             const char *outcome);

/*
 * The indices of the trials that the page shows, all from the search that capacity_find_search
 * returns; -1: none.
 */
struct capacity_trials {
    int below;    /* of the good trials below the capacity: the first one at the lowest rate */
    int capacity; /* the last good trial at the capacity */
    int above;    /* of the bad and invalid trials above it: the last one at the lowest rate */
};

struct capacity_trials capacity_choose_trials(const json_t *result);

#endif
