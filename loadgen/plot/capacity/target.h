/*
 * capacity_target - the section of the capacity page (page.h) about the target's own metrics: the
 * pods in the trial at the capacity (without a capacity, in the last trial that recorded pods), and
 * the remarks of all trials.
 *
 * Threads, memory: none; the result is only read.
 */
#ifndef LOADGEN_PLOT_CAPACITY_TARGET_H
#define LOADGEN_PLOT_CAPACITY_TARGET_H

#include <jansson.h>
#include <stdio.h>

void capacity_target(const json_t *result, FILE *out);

#endif
