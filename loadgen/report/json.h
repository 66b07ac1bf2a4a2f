/*
 * json - the parts of the JSON report: vegeta's object (json.c), and what we add to it
 * (json_ours.c). docs/report.schema.json says what it may look like.
 *
 * Threads: none of their own. Memory: a json_t that is returned is the caller's.
 */
#ifndef LOADGEN_REPORT_JSON_H
#define LOADGEN_REPORT_JSON_H

#include <jansson.h>

#include "loadgen/measure/summary.h"

json_t *integer_to_json(uint64_t value);

/* vegeta's keys of a timing, in nanoseconds, and of a number of bytes. */
json_t *timing_to_json(const struct histogram *h);
json_t *bytes_to_json(uint64_t total, uint64_t requests);

/* Adds all that vegeta's object does not have. */
void add_ours_to_json(json_t *report, const struct summary *summary);

#endif
