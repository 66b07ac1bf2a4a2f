/*
 * difference - compares two sets of capacities, with a confidence interval.
 *
 * Each set holds the results of complete searches of one build in one environment. Capacities
 * differ by factors, so their logarithms are compared: the mean of the new ones minus the mean of
 * the old ones, with Welch's 95% interval (Welch, Biometrika 34, 1947), which does not assume
 * equal variances:
 *
 *     se  = sqrt(s1^2 / n1 + s2^2 / n2)
 *     df  = se^4 / ((s1^2 / n1)^2 / (n1 - 1) + (s2^2 / n2)^2 / (n2 - 1))
 *     mean difference +- t(df) se
 *
 * A search is no more precise than its width, however well its repetitions agree. So each end of
 * the interval differs from the mean difference by at least a factor of 1 + w, where w is the
 * larger width of the two sets.
 *
 * Threads, memory: pure functions.
 */
#ifndef LOADGEN_CAPACITY_COMPARE_DIFFERENCE_H
#define LOADGEN_CAPACITY_COMPARE_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

enum { DIFFERENCE_RUNS_MIN = 3 }; /* in each set, for an interval */

struct capacities {
    const double *rates; /* all above 0 */
    size_t count;        /* at least 1 */
    double width;        /* of the searches, as a fraction of the rate, such as 0.02 */
};

/* Changes relative to the old capacity: 0.17 is 17% more. */
struct difference {
    double change;
    bool has_interval; /* both sets have at least DIFFERENCE_RUNS_MIN runs */
    double low, high;  /* ends of the interval; only if has_interval */
};

struct difference difference_of(const struct capacities *before, const struct capacities *after);

/*
 * The 97.5th percentile of Student's t distribution with this many degrees of freedom (at least 1),
 * to six digits.
 */
double student_t(double degrees);

#endif
