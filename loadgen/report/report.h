/*
 * report - the formats of reports on a summary.
 *
 * Each format is a const descriptor in its own file, listed in report_choice.c. Words and layout
 * are vegeta's; our additions come after vegeta's lines.
 *
 * Threads, memory: no state; reports only read the summary and the verdict.
 */
#ifndef LOADGEN_REPORT_REPORT_H
#define LOADGEN_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "loadgen/measure/summary.h"
#include "loadgen/verdict/judge.h"

struct report {
    const char *name; /* of -type and -report */
    const char *help;
    bool lists_exceptions;
    /* `slo` is NULL or empty if there is no -slo. False if `out` cannot be written. */
    bool (*write)(const struct summary *summary, const struct slo_verdict *slo, FILE *out);
};

extern const struct report report_text;
extern const struct report report_json;
extern const struct report report_hist;
extern const struct report report_hdrplot;
extern const struct report report_hdr_log;

/* The kinds of errors, in the order in which reports list them. */
extern const enum outcome report_kinds[OUTCOMES_ALL];

/* True if all results are from vegeta's formats, which lack spans, retries and redirects. */
bool report_is_bare(const struct tally *tally);

/* The name of a row; "not known" for ROWS_OTHER if it counts only results without a name. */
const char *report_row_name(const struct rows *rows, size_t row);

/*
 * The suffix of a row's name: " (partial)" if some of its results may count as "other"; otherwise
 * "".
 */
const char *report_row_mark(const struct rows *rows, size_t row);

/*
 * Calls `say` with one sentence for each reason to doubt the numbers, such as late or unsent
 * requests, or damaged files. Returns the number of sentences. The verdict on the generator is in
 * generator_text.h.
 */
size_t report_remarks(const struct summary *summary,
                      void (*say)(void *context, const char *sentence), void *context);

#endif
