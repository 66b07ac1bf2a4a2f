/*
 * rest - how long the target must stay idle after an overload.
 *
 * The runner waits until a target visibly recovers. Some damage does not show at a low rate:
 * exhausted burst credit, an emptied cache, fragmented memory. In the trials it shows as a relapse:
 * a load is bad right after a bad trial, although the same load or a higher one was good in another
 * trial. Each relapse lengthens the rest after a bad trial by half the length of a trial. A noisy
 * target fails just as often after other trials, so each failure after a trial that was not bad
 * shortens the rest by the same amount.
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
 * The rest before the next trial: 0 unless the last trial was bad, else at most REST_RELAPSES_MAX
 * halves of trial_ns.
 */
uint64_t rest_ns(uint64_t trial_ns, const struct trial *trials, size_t count);

#endif
