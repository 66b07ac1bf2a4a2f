/*
 * judged - results of a run with two targets, "a" and "b", for tests of what is judged.
 *
 * Intended and started follow what is added, as if the run had ended then. Results lie a
 * millisecond apart. Threads: one. Memory: summary_destroy.
 */
#ifndef TESTS_SUPPORT_JUDGED_H
#define TESTS_SUPPORT_JUDGED_H

#include <stdint.h>

#include "loadgen/measure/summary.h"
#include "loadgen/verdict/judge.h"

struct summary *judged_create(void);

/* Without results again. */
void judged_clear(struct summary *summary);

/* Results without lag; code 0: without an answer. */
void judged_add(struct summary *summary, unsigned count, uint16_t row, uint16_t code,
                uint64_t latency_ns);

/* Answers of 200 to requests that were started late. */
void judged_add_late(struct summary *summary, unsigned count, uint16_t row, uint64_t lag_ns,
                     uint64_t service_ns);

/* Requests that failed with this text. */
void judged_add_failed(struct summary *summary, unsigned count, uint16_t row, const char *text);

void judged_not_started(struct summary *summary, uint64_t count, uint16_t row);

/* What is found for an SLO of one criterion, which replaces *slo. */
struct slo_finding judged_by(const struct summary *summary, const char *text, struct slo **slo);

#endif
