/*
 * report - what a summary says, for people and for pipelines.
 *
 * A format is a const descriptor, one file each; the list is in report.c. The words and the layout
 * are vegeta's; what vegeta has no words for comes after.
 *
 * Threads, memory: none of their own; they only read the summary and the verdict.
 */
#ifndef LOADGEN_REPORT_REPORT_H
#define LOADGEN_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"
#include "loadgen/report/slo_judge.h"

struct report {
    const char *name; /* of -type and -report */
    const char *help;
    /* `slo` has no criteria, or is NULL, without -slo. False when out cannot be written. */
    bool (*write)(const struct summary *summary, const struct slo_verdict *slo, FILE *out);
};

extern const struct report report_text;
extern const struct report report_json;
extern const struct report report_hist;
extern const struct report report_hdrplot;
extern const struct report report_hdr_log;

/* Which report is asked for. Its buckets belong into the tally before the first result. */
struct report_choice {
    const struct report *report;
    struct buckets buckets; /* count 0: none; hist has some, json may have, others take no notice */
};

/*
 * The report of this type (the value of `flag`, which errors name): the name of one, or
 * hist[0,1ms,10ms]. `buckets` is the value of -buckets, "" for none. ERR_USAGE when there is no
 * such type, or when the buckets are wrong.
 */
bool report_choose(struct report_choice *choice, const char *flag, const char *type,
                   const char *buckets, struct err *err);

/* The kinds of errors in the order of reports: as a request goes on. */
extern const enum outcome report_kinds[OUTCOMES_ALL];

/* Do the results say no more than vegeta's formats can, and nothing of spans, retries, redirects?
 */
bool report_is_bare(const struct tally *tally);

/* What a row is called; the one of results without a name, "not known". */
const char *report_row_name(const struct rows *rows, size_t row);

/*
 * What a reader of the numbers must know, as whole sentences: what was not sent or late, what is
 * missing from a file. Calls `say` for each; returns how many there were. Whether the generator was
 * the limit is verdict.h's.
 */
size_t report_remarks(const struct summary *summary,
                      void (*say)(void *context, const char *sentence), void *context);

#endif
