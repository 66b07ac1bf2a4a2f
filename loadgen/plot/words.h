/*
 * words - what the page says without a script: the parts of it that are text and tables. Each
 * writes HTML.
 *
 * Threads, memory: none of their own; they only read the summary.
 */
#ifndef LOADGEN_PLOT_WORDS_H
#define LOADGEN_PLOT_WORDS_H

#include <stdio.h>

#include "loadgen/measure/summary.h"

/* One sentence: how many requests to what, when and for how long. */
void words_write_lead(const struct summary *summary, FILE *out);

/* Was the generator the limit, and what else speaks against the numbers? */
void words_write_verdict(const struct summary *summary, FILE *out);

/* The numbers to look at first. */
void words_write_figures(const struct summary *summary, FILE *out);

/* A row for all requests, one a target, and one an address; those when there are several. */
void words_write_targets(const struct summary *summary, FILE *out);

/* A row for each kind of error; says so when there is none. */
void words_write_errors(const struct summary *summary, FILE *out);

/* What was asked for, what became of it, and with what. */
void words_write_run(const struct summary *summary, FILE *out);

#endif
