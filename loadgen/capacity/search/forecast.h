/*
 * forecast - estimates how much longer a search will take.
 *
 * Simulates the rest of the search several times and returns the median: half of the simulations
 * take longer. The simulated capacities lie within the current interval; if the interval has only
 * one end so far, beyond that end; if it has none, around the first estimate. In each trial the
 * capacity varies by half a width (standard deviation), as it does for noisy targets.
 *
 * Pure functions, like the search: the same trials give the same forecast.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_FORECAST_H
#define LOADGEN_CAPACITY_SEARCH_FORECAST_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/capacity/search/search.h"

/*
 * The remaining time without a time limit (options->time_limit_ns is ignored). `between_ns` is the
 * time from the end of a trial to the start of the next one, apart from the rest.
 */
uint64_t forecast_ns(const struct search_options *options, const struct trial *trials, size_t count,
                     uint64_t between_ns);

#endif
