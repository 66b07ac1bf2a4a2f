/*
 * opening - stores in the summary and the result file what is known before the first request: plan,
 * schedule, environment of this process, targets.
 *
 * Threads: those of fingerprint_take (fingerprint.h). Memory: owned by the summary.
 */
#ifndef LOADGEN_RUN_OPENING_H
#define LOADGEN_RUN_OPENING_H

#include <stdint.h>

#include "loadgen/binary/result_writer.h"
#include "loadgen/measure/summary.h"
#include "loadgen/order/plan.h"
#include "loadgen/target/targets.h"

/* Fills in an empty summary. wall_ns: the wall clock at time 0 of its tally. */
void opening_note(struct summary *summary, const struct plan *plan, uint64_t wall_ns);

/* Writes header and targets. origin_ns: CLOCK_MONOTONIC, read together with wall_ns. The writer may
 * be NULL. */
void opening_write(struct result_writer *writer, const struct summary *summary,
                   const struct targets *targets, uint64_t origin_ns);

#endif
