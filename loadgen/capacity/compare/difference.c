#include "loadgen/capacity/compare/difference.h"

#include <math.h>

struct moments {
    double mean;
    double error; /* variance of the mean */
    double degrees;
};

static struct moments moments_of(const struct capacities *set)
{
    double n = (double)set->count;
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < set->count; i++) {
        mean += log(set->rates[i]) / n;
    }
    for (size_t i = 0; i < set->count; i++) {
        double distance = log(set->rates[i]) - mean;
        squares += distance * distance;
    }
    double error = set->count > 1 ? squares / (n - 1) / n : 0;
    return (struct moments){mean, error, n - 1};
}

/*
 * The continued fraction of the incomplete beta function I_x(a, b) (NIST DLMF 8.17.22), evaluated
 * with Lentz's algorithm.
 */
static double beta_fraction(double a, double b, double x)
{
    static const double tiny = 1e-300, precision = 1e-12;
    enum { STEPS_MAX = 500 };
    double c = 1;
    double d = 1 / (1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m <= STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double factor = 1;
        double terms[] = {even, odd};
        for (int i = 0; i < 2; i++) {
            d = 1 / fmax(1 + terms[i] * d, tiny);
            c = fmax(1 + terms[i] / c, tiny);
            factor = c * d;
            value *= factor;
        }
        if (fabs(factor - 1) < precision) {
            break;
        }
    }
    return value;
}

/* P(|T| > t) = I_x(n/2, 1/2) with x = n / (n + t^2) (NIST DLMF 8.17, Abramowitz and Stegun 26.7).
 */
static double two_sided(double t, double degrees)
{
    double a = degrees / 2;
    double b = 0.5;
    double x = degrees / (degrees + t * t);
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_t(double degrees)
{
    static const double tail = 0.05, precision = 1e-9;
    double low = 1;
    double high = 13; /* 12.706 with one degree */
    while (high - low > precision * low) {
        double middle = (low + high) / 2;
        if (two_sided(middle, degrees) > tail) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct difference difference_of(const struct capacities *before, const struct capacities *after)
{
    struct moments x = moments_of(before);
    struct moments y = moments_of(after);
    double change = y.mean - x.mean;
    double error = x.error + y.error;
    double reach = log1p(fmax(before->width, after->width));
    bool has_interval = before->count >= DIFFERENCE_RUNS_MIN && after->count >= DIFFERENCE_RUNS_MIN;
    if (has_interval && error > 0) {
        double degrees =
            error * error / (x.error * x.error / x.degrees + y.error * y.error / y.degrees);
        reach = fmax(reach, student_t(degrees) * sqrt(error));
    }
    return (struct difference){expm1(change), has_interval, expm1(change - reach),
                               expm1(change + reach)};
}
