/*
 * capacity_target - the section of the capacity page (page.h) about the target's own metrics: the
 * pods in the last good trial at the capacity (or, if there is no such trial, in the last trial
 * with metrics), and the remarks of all trials.
 *
 * Threads, memory: no state; the result is only read.
 */
#ifndef LOADGEN_PLOT_CAPACITY_TARGET_H
#define LOADGEN_PLOT_CAPACITY_TARGET_H

#include <jansson.h>
#include <stdio.h>

void capacity_target(const json_t *result, FILE *out);

#endif
