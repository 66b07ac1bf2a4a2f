/*
 * text - the parts of the text report; text.c has their order.
 *
 * What is one fact stands in a line, as vegeta's do: what it is, of what it consists, the values.
 * What has rows is a table whose numbers come first, so that they stay below one another however
 * long a name is. Times in tables have three digits, the precision of a percentile.
 *
 * Threads, memory: none of their own.
 */
#ifndef LOADGEN_REPORT_TEXT_H
#define LOADGEN_REPORT_TEXT_H

#include <stdio.h>

#include "loadgen/measure/summary.h"

/* vegeta's columns of a line: a label and what stands in brackets. */
#define TEXT_LABELS "%-14s%-34s"

/* The lines that vegeta prints, as it prints them: text_vegeta.c. */
void text_write_vegeta(const struct summary *summary, FILE *out);

/* Where the time went, and a row a target, an address, a kind of error: text_tables.c. */
void text_write_tables(const struct summary *summary, FILE *out);

/* What was asked for, and the generator: text_run.c. */
void text_write_run(const struct summary *summary, FILE *out);

#endif
