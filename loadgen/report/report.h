/*
 * report - what a summary says, for people and for pipelines.
 *
 * A format is a const descriptor, one file each; the list is in report.c. The words and the layout
 * are vegeta's; what vegeta has no words for comes after.
 *
 * Threads, memory: none of their own; they only read the summary.
 */
#ifndef LOADGEN_REPORT_REPORT_H
#define LOADGEN_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"

struct report {
    const char *name; /* of -type and -report */
    const char *help;
    bool (*write)(const struct summary *summary, FILE *out); /* false when out cannot be written */
};

extern const struct report report_text;
extern const struct report report_json;

/* The format with this name; NULL with ERR_USAGE that lists the names. */
const struct report *report_find(const char *name, struct err *err);

/*
 * What a reader of the numbers must know, as whole sentences: what was not sent or late, what is
 * missing from a file. Calls `say` for each; returns how many there were. Whether the generator was
 * the limit is verdict.h's.
 */
size_t report_remarks(const struct summary *summary,
                      void (*say)(void *context, const char *sentence), void *context);

#endif
