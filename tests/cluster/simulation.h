/*
 * simulation - what all simulated workers of this process share (many_workers.c).
 *
 * Threads: simulation_begin first, on one; the rest on any.
 */
#ifndef TESTS_CLUSTER_SIMULATION_H
#define TESTS_CLUSTER_SIMULATION_H

#include <stdint.h>

#include "loadgen/cluster/worker/reports.h"

/* Draws the latencies, which are the same in each process. */
void simulation_begin(void);

/*
 * Reports a second in which `count` requests ended: evenly over the rows, with latencies drawn from
 * a log-normal distribution. Adds them to `second->total`, and fills in the tally of the second.
 */
void simulation_report(struct reports *reports, struct second *second, struct tally *total,
                       const struct rows *rows, uint64_t count);

#endif
