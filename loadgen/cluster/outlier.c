#include "loadgen/cluster/outlier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double outlier_median(const double *values, size_t count)
{
    if (count == 0) {
        return 0;
    }
    double *sorted = memory_of(malloc(count * sizeof *sorted));
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    free(sorted);
    return median;
}

static double median_deviation(const double *values, size_t count, double median)
{
    double *distances = memory_of(malloc(count * sizeof *distances));
    for (size_t i = 0; i < count; i++) {
        distances[i] = fabs(values[i] - median);
    }
    double deviation = outlier_median(distances, count);
    free(distances);
    return deviation;
}

size_t outlier_find(const double *values, size_t count, bool *stands_out)
{
    size_t found = 0;
    memset(stands_out, 0, count * sizeof *stands_out);
    if (count < OUTLIER_LEAST) {
        return 0;
    }
    double median = outlier_median(values, count);
    double limit =
        fmax(OUTLIER_SHARE * median, OUTLIER_DEVIATIONS * median_deviation(values, count, median));
    for (size_t i = 0; i < count; i++) {
        stands_out[i] = fabs(values[i] - median) > limit;
        found += stands_out[i];
    }
    return found;
}
