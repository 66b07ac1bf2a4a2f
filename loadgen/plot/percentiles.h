/*
 * percentiles - a histogram as the points of a chart.
 *
 * Threads: no state. Memory: the list is the caller's; NULL: out of memory.
 */
#ifndef LOADGEN_PLOT_PERCENTILES_H
#define LOADGEN_PLOT_PERCENTILES_H

#include <jansson.h>

#include "loadgen/measure/histogram.h"

/*
 * [[x, milliseconds]], where x is log10(1/(1 - percentile)): 0 is the minimum, 1 the 90th, 2 the
 * 99th. The last point is the maximum, at the highest x that the number of values can resolve. No
 * points if there are no values.
 */
json_t *percentiles_to_json(const struct histogram *h);

#endif
