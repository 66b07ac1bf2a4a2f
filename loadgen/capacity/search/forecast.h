/*
 * forecast - estimates how much longer a search will take.
 *
 * Simulates the remaining trials several times and returns the median: half of the simulations take
 * longer. The simulated capacities lie within the current interval. If the interval has only one
 * end so far, they lie beyond that end; if it has none, around the first estimate. In each trial
 * the capacity varies by half a width (standard deviation), as it does for noisy targets.
 *
 * Pure functions, like the search: the same trials give the same forecast.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_FORECAST_H
#define LOADGEN_CAPACITY_SEARCH_FORECAST_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/capacity/search/search.h"

/*
 * The remaining time if there were no time limit: options->time_limit_ns is ignored. `between_ns`
 * is the time from the end of a trial to the start of the next one, not counting the idle time that
 * rest.h asks for.
 */
uint64_t forecast_ns(const struct search_options *options, const struct trial *trials, size_t count,
                     uint64_t between_ns);

#endif
