/*
 * capacity_words - the text and tables of the capacity page (page.h), which need no script. Each
 * function writes HTML.
 *
 * Threads, memory: no state; the result is only read.
 */
#ifndef LOADGEN_PLOT_CAPACITY_WORDS_H
#define LOADGEN_PLOT_CAPACITY_WORDS_H

#include <jansson.h>
#include <stdio.h>

/* The title of the page, with the target's first address and the number of the others. */
void capacity_words_title(const json_t *result, FILE *out);

/* The title, and the time of the first trial. */
void capacity_words_kicker(const json_t *result, FILE *out);

/* The verdict as a class of page.css: clean, unknown or limit. */
void capacity_words_class(const json_t *result, FILE *out);

/* The verdict in one sentence; then what the SLO requires, and the result. */
void capacity_words_answer(const json_t *result, FILE *out);
void capacity_words_lead(const json_t *result, FILE *out);

/*
 * The confidence in the verdict, what happened at higher rates, what limited the rate, and the
 * verdict on the generator.
 */
void capacity_words_confidence(const json_t *result, FILE *out);
void capacity_words_above(const json_t *result, FILE *out);
void capacity_words_limit(const json_t *result, FILE *out);
void capacity_words_generator(const json_t *result, FILE *out);

/* The headline figures. */
void capacity_words_figures(const json_t *result, FILE *out);

/* Table rows: one per search; one per rate, with its trials by outcome; one per trial. */
void capacity_words_searches(const json_t *result, FILE *out);
void capacity_words_rates(const json_t *result, FILE *out);
void capacity_words_trials(const json_t *result, FILE *out);

/* The environment and settings of the measurement. */
void capacity_words_environment(const json_t *result, FILE *out);

#endif
