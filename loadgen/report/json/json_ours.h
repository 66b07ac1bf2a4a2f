/*
 * json_ours - the keys that loadgen adds to vegeta's JSON report. docs/report.schema.json describes
 * them.
 *
 * Threads, memory: no state; the JSON is the caller's.
 */
#ifndef LOADGEN_REPORT_JSON_JSON_OURS_H
#define LOADGEN_REPORT_JSON_JSON_OURS_H

#include <jansson.h>

#include "loadgen/measure/summary.h"
#include "loadgen/verdict/judge.h"

/* Adds our keys to vegeta's object. `slo` is the verdict on the SLO; NULL: no SLO was given. */
void json_add_ours(json_t *report, const struct summary *summary, const struct slo_verdict *slo);

/* The generator and the verdict on it; null if the results do not record it. */
json_t *json_of_generator(const struct summary *summary, const struct slo_verdict *slo);

#endif
