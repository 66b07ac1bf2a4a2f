/*
 * conditions - what must be equal for two measurements to be compared: the machine, its limits, the
 * settings of connections, and of a search also its SLO and its requests.
 *
 * They are read from the document of a search (`loadgen capacity -output`) or the JSON report of a
 * run. What a document lacks is unknown, and what is unknown in both is equal.
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
 * The next condition that differs, from number *i on, which is at first 0: "cpu_limit was 1, then
 * 2". False: there is none.
 */
bool conditions_next(const json_t *before, const json_t *after, size_t *i,
                     char text[CONDITION_TEXT]);

#endif
