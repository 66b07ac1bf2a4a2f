/*
 * data - the numbers of the page, as one JSON object that page.js draws. Latencies are
 * milliseconds, moments and widths seconds since the first interval began.
 *
 *     width, length   of an interval, and how many there are
 *     requests        how many there were
 *     points          each request, [moment, latency, series, failure or -1], in their order; null
 *                     when there are more than the threshold: then the series have cells
 *     series          [{name, requests, cells: [[interval, requests, min, median, p99, max,
 *                     moment of the max]]}], always TIMELINE_SERIES of them
 *     failures        [{kind, requests, marks: [[interval, requests, slowest]]}]
 *     rates           [[begin, end, sent, succeeded, failed]], intervals and requests/s
 *     in_flight       [[begin, end, mean]], intervals
 *     percentiles     {all, series}: [[x, latency]], where x is log10(1/(1 - percentile)): 0 is the
 *                     minimum, 1 the 90th, 2 the 99th; the last one, by nearest rank, is the
 * maximum
 *
 * Puts the points of the timeline in their order. Threads: none of its own. Memory: the caller's; a
 * NULL is short memory.
 */
#ifndef LOADGEN_PLOT_DATA_H
#define LOADGEN_PLOT_DATA_H

#include <jansson.h>

#include "loadgen/measure/summary.h"
#include "loadgen/plot/timeline.h"

json_t *plot_data(struct timeline *timeline, const struct summary *summary);

#endif
