/* Not under tsan: one thread. */
/* Arrivals by chance: repeatable, exact in number, and spread as chance would. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/base/random.h"
#include "tests/support/moments.h"
#include "tests/support/pacing.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

static struct schedule poisson(uint64_t seed, uint64_t per_s, uint64_t duration_ns)
{
    return (struct schedule){.type = SCHEDULE_POISSON,
                             .duration_ns = duration_ns,
                             .rate = {per_s, NS_PER_S},
                             .seed = seed};
}

START_TEST(the_same_seed_gives_the_same_moments_everywhere)
{
    /* Were these to change, runs could not be repeated with another version. */
    static const uint64_t with_end[] = {5680081, 8614141, 8908732, 17033806, 9981812361};
    static const uint64_t without_end[] = {5681695, 8614917, 8909177, 17020397, 10518863226};
    struct schedule a = poisson(1, 100, 10 * NS_PER_S);
    struct schedule b = poisson(1, 100, 0);
    struct schedule other = poisson(2, 100, 10 * NS_PER_S);
    for (uint64_t k = 0; k < 4; k++) {
        ck_assert_uint_eq(pacing_due_ns(&a, k), with_end[k]);
        ck_assert_uint_eq(pacing_due_ns(&b, k), without_end[k]);
        ck_assert_uint_ne(pacing_due_ns(&other, k), with_end[k]);
    }
    ck_assert_uint_eq(pacing_due_ns(&a, 999), with_end[4]);
    ck_assert_uint_eq(pacing_due_ns(&b, 999), without_end[4]);
}
END_TEST

/* The first number of the generator, in (0, 1]; 0xe220a8397b1dcdaf is the known one of seed 0. */
static double first_uniform(uint64_t seed)
{
    uint64_t first = random_at(seed, 1);
    ck_assert(seed != 0 || first == UINT64_C(0xe220a8397b1dcdaf));
    return (double)((first >> 11) + 1) * 0x1p-53;
}

/* Spans so long that a nanosecond is the last bit: our ln and exp beside those of libm. */
START_TEST(logarithm_and_exponential_are_right_to_the_last_bits)
{
    const uint64_t span_ns = UINT64_C(1) << 50;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        double u = first_uniform(seed);
        struct schedule gap = poisson(seed, 0, 0);
        gap.rate = (struct rate){1, span_ns};
        double gap_ns = -log(u) * (double)span_ns;
        ck_assert_double_eq_tol((double)pacing_due_ns(&gap, 0), gap_ns, 1 + gap_ns * 1e-15);
        struct schedule one = gap;
        one.duration_ns = span_ns;
        double left_ns = u * (double)span_ns;
        ck_assert_double_eq_tol((double)(span_ns - pacing_due_ns(&one, 0)), left_ns,
                                1 + left_ns * 2e-14);
    }
}
END_TEST

/* The statistic of Kolmogorov and Smirnov: 1.95 is passed by 999 in 1000. */
static double distance_from_even(const uint64_t *moments, size_t count, uint64_t duration_ns)
{
    double most = 0;
    for (size_t k = 0; k < count; k++) {
        double at = (double)moments[k] / (double)duration_ns;
        most = fmax(most, fabs(at - (double)k / (double)count));
        most = fmax(most, fabs(at - (double)(k + 1) / (double)count));
    }
    return most * sqrt((double)count);
}

/* Mean 1, variance 1, and e^-1 of the gaps over the mean: an exponential distribution. */
static void expect_exponential_gaps(const uint64_t *moments, size_t count, double mean_ns)
{
    double sum = 0;
    double squares = 0;
    size_t longer = 0;
    for (size_t k = 1; k < count; k++) {
        double gap = (double)(moments[k] - moments[k - 1]) / mean_ns;
        sum += gap;
        squares += gap * gap;
        longer += gap > 1;
    }
    double n = (double)(count - 1);
    ck_assert_double_eq_tol(sum / n, 1, 4 / sqrt(n));
    ck_assert_double_eq_tol(squares / n, 2, 4 * sqrt(20 / n));
    ck_assert_double_eq_tol((double)longer / n, exp(-1), 2 / sqrt(n));
}

START_TEST(poisson_arrivals_are_spread_as_chance_would)
{
    enum { N = 50000 };
    uint64_t *moments = calloc(N + 1, sizeof *moments);
    struct schedule schedule = poisson((uint64_t)_i, 1000, 50 * NS_PER_S);
    ck_assert_uint_eq(moments_of(&schedule, moments, N + 1), N);
    double distance = distance_from_even(moments, N, schedule.duration_ns);
    ck_assert_double_lt(distance, 1.95);
    ck_assert_double_gt(distance, 0.3); /* and not more evenly than that */
    expect_exponential_gaps(moments, N, 1e6);
    free(moments);
}
END_TEST

START_TEST(poisson_without_an_end_has_exponential_gaps)
{
    enum { N = 50000 };
    uint64_t *moments = calloc(N, sizeof *moments);
    struct schedule schedule = poisson((uint64_t)_i, 1000, 0);
    struct schedule_cursor cursor;
    schedule_begin(&cursor, &schedule);
    for (size_t k = 0; k < N; k++) {
        moments[k] = schedule_due(&cursor, k);
    }
    expect_exponential_gaps(moments, N, 1e6);
    for (size_t k = 0; k < N; k += 4999) {
        ck_assert_uint_eq(schedule_count(&schedule, moments[k]), k);
        ck_assert_uint_eq(schedule_count(&schedule, moments[k] + 1), k + 1);
    }
    /* gaps below a nanosecond add up as well */
    struct schedule dense = poisson(1, UINT64_C(10000000000), 0);
    uint64_t count = schedule_count(&dense, NS_PER_MS);
    ck_assert_double_eq_tol((double)count, 1e7, 4 * sqrt(1e7));
    free(moments);
}
END_TEST

START_TEST(the_number_of_poisson_arrivals_is_exact_however_few_or_long)
{
    static const struct {
        struct rate rate;
        uint64_t duration_ns, count;
    } cases[] = {
        {{1, 3600 * NS_PER_S}, 10800 * NS_PER_S, 3},    {{1, NS_PER_S}, 1, 1},
        {{100, NS_PER_S}, INT64_MAX / 1000000, 922338}, {{5, 1}, 3, 15},
        {{1, NS_PER_S}, UINT64_MAX / 10000000, 1845},
    };
    uint64_t *moments = calloc(1000000, sizeof *moments);
    for (int i = 0; i < COUNT(cases); i++) {
        struct schedule schedule = poisson(9, 0, cases[i].duration_ns);
        schedule.rate = cases[i].rate;
        size_t count = moments_of(&schedule, moments, 1000000);
        ck_assert_uint_eq(count, cases[i].count);
        ck_assert_uint_lt(moments[count - 1], cases[i].duration_ns);
        ck_assert_uint_eq(schedule_count(&schedule, cases[i].duration_ns - 1),
                          moments_before(moments, count, cases[i].duration_ns - 1));
    }
    free(moments);
}
END_TEST

Suite *schedule_poisson_suite(void);
Suite *schedule_poisson_suite(void)
{
    Suite *suite = suite_create("schedule_poisson");
    TCase *tests = tcase_create("schedule_poisson");
    tcase_add_test(tests, the_same_seed_gives_the_same_moments_everywhere);
    tcase_add_test(tests, logarithm_and_exponential_are_right_to_the_last_bits);
    tcase_add_loop_test(tests, poisson_arrivals_are_spread_as_chance_would, 0, 8);
    tcase_add_loop_test(tests, poisson_without_an_end_has_exponential_gaps, 0, 4);
    tcase_add_test(tests, the_number_of_poisson_arrivals_is_exact_however_few_or_long);
    suite_add_tcase(suite, tests);
    return suite;
}
