/*
 * capacity_set - the capacities of one build in one environment, read from the JSON files of
 * `loadgen capacity -output`, to compare them with another set (difference.h).
 *
 * Threads: one. Memory: capacity_set_free, even on failure. Errors: ERR_FAILED with the file and
 * the problem; ERR_USAGE if conditions differ or no file is named.
 */
#ifndef LOADGEN_CAPACITY_COMPARE_CAPACITY_SET_H
#define LOADGEN_CAPACITY_COMPARE_CAPACITY_SET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum { CAPACITY_SET_MAX = 1000 };

struct capacity_set {
    double rates[CAPACITY_SET_MAX]; /* requests per second, one per search, in file order */
    size_t count;
    double width;       /* largest search width, as a fraction of the rate, such as 0.02 */
    json_t *conditions; /* what must be equal for a comparison: {"cpu_model": "...", ...} */
};

/*
 * Reads the files named in `list`, separated by commas. Each search must have found a capacity.
 * Unless `is_forced`, the files must agree on the conditions.
 */
bool capacity_set_read(struct capacity_set *set, const char *list, bool is_forced, struct err *err);

/* Adds the searches of a result to a set that was zeroed. `path` names it in errors. */
bool capacity_set_add(struct capacity_set *set, const json_t *report, const char *path,
                      bool is_forced, struct err *err);

void capacity_set_free(struct capacity_set *set);

/*
 * False with ERR_USAGE if the sets were measured under different conditions; the error names the
 * first difference and both values. A condition that is unknown in both counts as equal.
 */
bool capacity_set_check_equal(const struct capacity_set *before, const struct capacity_set *after,
                              struct err *err);

#endif
