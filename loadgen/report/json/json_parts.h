/*
 * json_parts - the values of the JSON report that occur in several of its objects.
 *
 * Threads: no state. Memory: the json_t returned is the caller's; NULL: out of memory.
 */
#ifndef LOADGEN_REPORT_JSON_JSON_PARTS_H
#define LOADGEN_REPORT_JSON_JSON_PARTS_H

#include <jansson.h>

#include "loadgen/measure/histogram.h"

json_t *integer_to_json(uint64_t value);

/* {total, mean, 50th, 90th, 95th, 99th, max, min} in nanoseconds, as in vegeta's report. */
json_t *timing_to_json(const struct histogram *h);

/* {total, mean} in bytes, the mean per request, as in vegeta's report. */
json_t *bytes_to_json(uint64_t total, uint64_t requests);

#endif
