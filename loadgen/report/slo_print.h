/*
 * slo_print - a verdict for people and for pipelines.
 *
 * A verdict without criteria, or NULL, prints nothing. Threads, memory: pure functions; the JSON is
 * the caller's.
 */
#ifndef LOADGEN_REPORT_SLO_PRINT_H
#define LOADGEN_REPORT_SLO_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "loadgen/report/slo_judge.h"

/* A line a criterion: what was asked for, what was seen, held or missed. */
void slo_print_text(const struct slo_verdict *verdict, FILE *out);

/* Adds the list `slo` to a report's object (docs/slo.md). */
void slo_print_json(const struct slo_verdict *verdict, json_t *report);

/* What was missed, as a part of a sentence: "p99<20ms (31.2ms), errors<1% (2%)". */
void slo_print_missed(const struct slo_verdict *verdict, char *text, size_t size);

#endif
