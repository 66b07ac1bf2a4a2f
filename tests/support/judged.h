/*
 * judged - results of a run with two targets, "a" and "b", for tests of verdicts.
 *
 * The numbers of intended and started requests grow with the results, as if the run had ended with
 * the last one. Results are one millisecond apart. Threads: one. Memory: summary_destroy.
 */
#ifndef TESTS_SUPPORT_JUDGED_H
#define TESTS_SUPPORT_JUDGED_H

#include <stdint.h>

#include "loadgen/measure/summary.h"
#include "loadgen/verdict/judge.h"

struct summary *judged_create(void);

/* Removes all results. */
void judged_clear(struct summary *summary);

/* Adds results without lag; code 0: without an answer. */
void judged_add(struct summary *summary, unsigned count, uint16_t row, uint16_t code,
                uint64_t latency_ns);

/* Adds answers of 200 to requests that were started late. */
void judged_add_late(struct summary *summary, unsigned count, uint16_t row, uint64_t lag_ns,
                     uint64_t service_ns);

/* Adds requests that failed with this text. */
void judged_add_failed(struct summary *summary, unsigned count, uint16_t row, const char *text);

void judged_not_started(struct summary *summary, uint64_t count, uint16_t row);

/* Judges an SLO of one criterion, which replaces *slo. */
struct slo_finding judged_by(const struct summary *summary, const char *text, struct slo **slo);

#endif
