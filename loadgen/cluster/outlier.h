/*
 * outlier - finds the outliers among values that should be similar.
 *
 * A value stands out if its distance from the median is over OUTLIER_SHARE of the median and over
 * OUTLIER_DEVIATIONS median absolute deviations (the median of all distances). Both limits depend
 * on medians, so one bad value cannot hide itself or others. With two values, either could be the
 * wrong one, so among fewer than three values none stands out.
 *
 * Threads: pure functions. Memory: none is kept.
 */
#ifndef LOADGEN_CLUSTER_OUTLIER_H
#define LOADGEN_CLUSTER_OUTLIER_H

#include <stdbool.h>
#include <stddef.h>

#define OUTLIER_SHARE 0.1
#define OUTLIER_DEVIATIONS 5.0

enum { OUTLIER_LEAST = 3 };

/* The median: of an even number of values, the mean of the two in the middle. 0 if there are none.
 */
double outlier_median(const double *values, size_t count);

/* Sets stands_out[i] for each value. Returns how many stand out. */
size_t outlier_find(const double *values, size_t count, bool *stands_out);

#endif
