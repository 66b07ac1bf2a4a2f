/*
 * slo_print - the verdict on an SLO, as text and as JSON.
 *
 * slo_print_text and slo_print_json print nothing for NULL or a verdict without criteria. Threads,
 * memory: no state; the JSON is the caller's.
 */
#ifndef LOADGEN_REPORT_SLO_PRINT_H
#define LOADGEN_REPORT_SLO_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "loadgen/verdict/judge.h"

/*
 * Prints the verdict, then one line per criterion: the criterion, its value, whether it was met,
 * and the reason, if there is one. If lag changed the value (slo_is_moved), the line also has the
 * value without lag.
 */
void slo_print_text(const struct slo_verdict *verdict, FILE *out);

/* Adds the list `slo` to a report (docs/slo.md). */
void slo_print_json(const struct slo_verdict *verdict, json_t *report);

/* The missed criteria, for use in a sentence: "p99<20ms (31.2ms), errors<1% (2%)" or "p99<20ms
   (31.2ms, 1ms without the generator's lag)". */
void slo_print_missed(const struct slo_verdict *verdict, char *text, size_t size);

enum { SLO_REASON_TEXT = 160 };

/* The finding's reason in words (enum slo_reason); "" for none. Returns `text`. */
const char *slo_print_reason(const struct slo_finding *finding, char text[SLO_REASON_TEXT]);

#endif
