/*
 * data - the numbers of the page, as one JSON object for page.js. Latencies are in milliseconds,
 * times and widths in seconds; times count from the start of the first interval.
 *
 *     width, length   width of an interval, number of intervals
 *     requests        number of requests
 *     points          each request, [time, latency, series, failure or -1], by time; null
 *                     above the threshold, where the series have cells instead
 *     series          [{name, requests, cells: [[interval, requests, min, median, p99, max,
 *                     time of the max]]}], always TIMELINE_SERIES of them
 *     failures        [{kind, requests, marks: [[interval, requests, slowest]]}]
 *     rates           [[begin, end, sent, succeeded, failed]], intervals and requests/s
 *     in_flight       [[begin, end, mean]], intervals
 *     percentiles     {latency, response}: {all, series}: [[x, time]], where x is
 *                     log10(1/(1 - percentile)): 0 is the minimum, 1 the 90th, 2 the 99th; the last
 *                     is the maximum; no points if not recorded
 *
 * Sorts the points of the timeline. Threads: one per timeline. Memory: the object is the caller's;
 * NULL: out of memory.
 */
#ifndef LOADGEN_PLOT_DATA_H
#define LOADGEN_PLOT_DATA_H

#include <jansson.h>

#include "loadgen/measure/summary.h"
#include "loadgen/plot/timeline.h"

json_t *plot_data(struct timeline *timeline, const struct summary *summary);

#endif
