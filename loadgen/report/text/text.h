/*
 * text - the parts of the text report, in the order of text.c.
 *
 * Single facts are lines in vegeta's form: label, [names of the values], values. Tables put names
 * of targets and addresses last, so that numbers stay aligned however long a name is. Times in
 * tables have three significant digits, the precision of a percentile.
 *
 * Threads, memory: no state.
 */
#ifndef LOADGEN_REPORT_TEXT_TEXT_H
#define LOADGEN_REPORT_TEXT_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "loadgen/measure/summary.h"

/* The first two columns of vegeta's lines: label and [names of the values]. */
#define TEXT_LABELS "%-14s%-34s"

/* vegeta's lines, byte for byte: text_vegeta.c. */
void text_write_vegeta(const struct summary *summary, FILE *out);

/* The spans, and a row for each target, address, kind of error and exception: text_tables.c. */
void text_write_tables(const struct summary *summary, FILE *out);

/* The schedule, iterations, counts, the generator and its environment: text_run.c. */
void text_write_run(const struct summary *summary, FILE *out);

/* One line about the machine; `environment` NULL: the line says "not recorded". */
void text_write_environment(const json_t *environment, FILE *out);

#endif
