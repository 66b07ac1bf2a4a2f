/*
 * rest - how long the target must stay idle after an overload.
 *
 * The runner waits until a target visibly recovers. Some damage, such as exhausted burst credit, an
 * emptied cache or fragmented memory, is not visible at a low rate, but causes unexpected failures.
 * A trial fails unexpectedly if it is bad although another trial of the same load, or of a higher
 * one, was good.
 *
 * Each unexpected failure right after a bad trial (a relapse) lengthens the rest after a bad trial
 * by half the length of a trial. Each one after a trial that was not bad shortens the rest by the
 * same amount, because a noisy target fails after any trial.
 *
 * Threads, memory: a pure function.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_REST_H
#define LOADGEN_CAPACITY_SEARCH_REST_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/capacity/search/trial.h"

enum { REST_RELAPSES_MAX = 8 };

/*
 * The rest before the next trial, at most REST_RELAPSES_MAX halves of trial_ns. It is 0 unless the
 * last trial was bad.
 */
uint64_t rest_ns(uint64_t trial_ns, const struct trial *trials, size_t count);

#endif
