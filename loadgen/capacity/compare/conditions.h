/*
 * conditions - lists the conditions that make two measurements comparable: the machine, its limits,
 * the settings of connections, and for a search also the SLO and the requests.
 *
 * They are read from the result of a search (`loadgen capacity -output`) or the JSON report of a
 * run. A missing condition is unknown. Conditions unknown in both count as equal.
 *
 * Threads: pure functions. Memory: the caller owns what is returned.
 */
#ifndef LOADGEN_CAPACITY_COMPARE_CONDITIONS_H
#define LOADGEN_CAPACITY_COMPARE_CONDITIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* {"cpu_model": "...", ...}; null: unknown. */
json_t *conditions_of(const json_t *report);

enum { CONDITION_TEXT = 320 };

/*
 * Finds the next condition that differs and describes it: "cpu_limit was 1, then 2". Set *i to 0
 * before the first call. False: no further one differs.
 */
bool conditions_next(const json_t *before, const json_t *after, size_t *i,
                     char text[CONDITION_TEXT]);

#endif
