/*
 * forecast - estimates how much longer a search will take.
 *
 * Simulates the rest of the search several times and returns the median: half of all searches take
 * longer. The simulated capacities lie within the current interval, or are spread around the probed
 * rate; each trial varies its capacity by half a width (standard deviation), as noisy targets do.
 * Pure functions, like the search: the same trials give the same forecast.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_FORECAST_H
#define LOADGEN_CAPACITY_SEARCH_FORECAST_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/capacity/search/search.h"

/* `between_ns` is the time from the end of a trial to the start of the next one. */
uint64_t forecast_ns(const struct search_options *options, const struct trial *trials, size_t count,
                     uint64_t between_ns);

#endif
