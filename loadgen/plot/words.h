/*
 * words - the text and tables of the page, which need no script. Each function writes HTML.
 *
 * Threads, memory: no state; the summary is only read.
 */
#ifndef LOADGEN_PLOT_WORDS_H
#define LOADGEN_PLOT_WORDS_H

#include <stdio.h>

#include "loadgen/measure/summary.h"

/* One sentence with the number of requests and targets, the duration and the start. */
void words_write_lead(const struct summary *summary, FILE *out);

/* The verdict on the generator, and the remarks. */
void words_write_verdict(const struct summary *summary, FILE *out);

/* The headline figures. */
void words_write_figures(const struct summary *summary, FILE *out);

/*
 * A row for all requests, one per target if there are several, and one per address if there are
 * several.
 */
void words_write_targets(const struct summary *summary, FILE *out);

/* A row for each kind of error, or "None." */
void words_write_errors(const struct summary *summary, FILE *out);

/* The schedule, the outcome, and the generator. */
void words_write_run(const struct summary *summary, FILE *out);

#endif
