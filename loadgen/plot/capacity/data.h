/*
 * capacity_data - the JSON of the page, for capacity.js:
 *
 *     result          the result, without the histograms of its trials
 *     distributions   [{what, trial, latency, response}]: why the trial was chosen (result.h), its
 *                     index, and its percentiles (percentiles.h)
 *
 * Threads: no state. Memory: the object is the caller's, and shares values with the result; NULL:
 * out of memory.
 */
#ifndef LOADGEN_PLOT_CAPACITY_DATA_H
#define LOADGEN_PLOT_CAPACITY_DATA_H

#include <jansson.h>

json_t *capacity_data(json_t *result);

#endif
