/*
 * poisson: independent requests, like those of many users.
 *
 * With a duration D there are exactly n = rate x D of them: independent uniform moments in their
 * order, which is what a Poisson process is when its count is known. The least of m uniform moments
 * in what is left of D is made by one random number U: left' = left * U^(1/m). Without a duration
 * the gaps are exponential: -ln U / rate.
 *
 * The same seed means the same moments on every thread and machine: the generator is in whole
 * numbers, and ln and exp are our own, of additions, multiplications and divisions alone (those of
 * libm may differ in the last bit from CPU to CPU). -std=c17 keeps gcc from fusing them.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "loadgen/base/duration.h"
#include "loadgen/base/random.h"
#include "loadgen/pace/schedule.h"

/* 1/i, as a division takes as long as all the rest of a term. */
static const double one_over[] = {
    0,        1,        1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,
    1.0 / 8,  1.0 / 9,  1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15,
    1.0 / 16, 1.0 / 17, 1.0 / 18, 1.0 / 19, 1.0 / 20, 1.0 / 21, 1.0 / 22, 1.0 / 23,
};

#define LN2_HIGH 6.93147180369123816490e-01 /* 32 bits: its product with a small int is exact */
#define LN2_LOW 1.90821492927058770002e-10

/* ln u of a normal number: u = 2^n m, ln m = 2 atanh((m - 1) / (m + 1)), a series. */
static double natural_log(double u)
{
    int n = 0;
    double m = frexp(u, &n);
    if (m < 0.70710678118654752) {
        m *= 2;
        n--;
    }
    double s = (m - 1) / (m + 1);
    double square = s * s;
    double sum = 0;
    for (int i = 23; i >= 3; i -= 2) {
        sum = (sum + one_over[i]) * square;
    }
    return n * LN2_HIGH + (n * LN2_LOW + (2 * s + 2 * s * sum));
}

/* e^-x for 0 <= x < 700, never over 1: e^-x = 2^-n e^-r, a series. */
static double exp_minus(double x)
{
    int n = (int)(x / (LN2_HIGH + LN2_LOW) + 0.5);
    double r = (x - n * LN2_HIGH) - n * LN2_LOW;
    double sum = 1;
    for (int i = fabs(r) < 0x1p-6 ? 8 : 15; i >= 1; i--) {
        sum = 1 - r * one_over[i] * sum;
    }
    return ldexp(sum, -n);
}

/* -ln U, U in (0, 1]: at most 37. */
static double exponential(struct random *random)
{
    return -natural_log((double)((random_next(random) >> 11) + 1) * 0x1p-53);
}

/* The next of the uniform moments, of which m are still to come. */
static uint64_t next_ordered(struct schedule_cursor *cursor, uint64_t m)
{
    uint64_t duration_ns = cursor->schedule->duration_ns;
    if (m == 0) {
        return UINT64_MAX;
    }
    cursor->walk.part_ns *= exp_minus(exponential(&cursor->walk.random) / (double)m);
    /* Rounded up, and more than 0, so the moment is rounded down and before the end. */
    double left = ceil(cursor->walk.part_ns);
    uint64_t left_ns = left >= (double)duration_ns ? duration_ns : (uint64_t)left;
    return duration_ns - left_ns;
}

/* A gap further than the last moment, which keeps its fraction. */
static uint64_t next_after_gap(struct schedule_cursor *cursor)
{
    struct rate rate = cursor->schedule->rate;
    double mean_ns = (double)rate.per_ns / (double)rate.count;
    double gap_ns = cursor->walk.part_ns + mean_ns * exponential(&cursor->walk.random);
    if (gap_ns >= (double)(UINT64_MAX - cursor->walk.due_ns) / 2) {
        return UINT64_MAX;
    }
    cursor->walk.part_ns = gap_ns - floor(gap_ns);
    return cursor->walk.due_ns + (uint64_t)gap_ns;
}

static void make_next(struct schedule_cursor *cursor)
{
    const struct schedule *schedule = cursor->schedule;
    if (cursor->walk.made == 0 && schedule->duration_ns > 0) {
        cursor->walk.total = pacer_count(schedule->rate, schedule->duration_ns);
    }
    cursor->walk.due_ns = schedule->duration_ns > 0
                              ? next_ordered(cursor, cursor->walk.total - cursor->walk.made)
                              : next_after_gap(cursor);
    cursor->walk.made++;
}

/* After the last one all moments are UINT64_MAX. */
static uint64_t poisson_due_ns(struct schedule_cursor *cursor, uint64_t k)
{
    while (cursor->walk.made <= k && cursor->walk.due_ns < UINT64_MAX) {
        make_next(cursor);
    }
    return cursor->walk.due_ns;
}

static uint64_t poisson_count(struct schedule_cursor *cursor, uint64_t elapsed_ns)
{
    const struct schedule *schedule = cursor->schedule;
    if (schedule->duration_ns > 0 && elapsed_ns >= schedule->duration_ns) {
        return pacer_count(schedule->rate, schedule->duration_ns);
    }
    while (cursor->walk.made == 0 || cursor->walk.due_ns < elapsed_ns) {
        make_next(cursor);
    }
    return cursor->walk.made - 1;
}

static void poisson_print(const struct schedule *schedule, char text[SCHEDULE_TEXT])
{
    char per[DURATION_TEXT];
    snprintf(text, SCHEDULE_TEXT, "%" PRIu64 "/%s poisson with seed %" PRIu64, schedule->rate.count,
             duration_print(schedule->rate.per_ns, per), schedule->seed);
}

const struct schedule_kind schedule_poisson = {
    .name = "poisson",
    .help = "random, independent arrivals",
    .due_ns = poisson_due_ns,
    .count = poisson_count,
    .print = poisson_print,
};
