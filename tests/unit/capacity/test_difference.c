#include <check.h>
#include <math.h>
#include <stdint.h>

#include "loadgen/capacity/compare/difference.h"
#include "tests/support/random.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Tables of Student's distribution, 97.5 %. */
START_TEST(student_is_that_of_the_tables)
{
    static const struct {
        double degrees, t;
    } table[] = {{1, 12.7062047}, {2, 4.3026527},  {3, 3.1824463},  {4, 2.7764451},
                 {8, 2.3060041},  {10, 2.2281389}, {30, 2.0422725}, {1000, 1.9623391}};
    for (size_t i = 0; i < COUNT(table); i++) {
        ck_assert_double_eq_tol(student_t(table[i].degrees), table[i].t, 2e-6);
    }
    ck_assert(student_t(2.5) < student_t(2) && student_t(2.5) > student_t(3));
}
END_TEST

/* By hand: logarithms with means log(100) and log(120), variance 0.0001 and 0.0004, three runs
   each: se = sqrt(0.0005 / 3), df = 0.0005^2 / (0.0001^2 / 2 + 0.0004^2 / 2) = 2.941176. */
START_TEST(the_interval_is_welchs)
{
    const double old[] = {100 * exp(-0.01), 100, 100 * exp(0.01)};
    const double new[] = {120 * exp(-0.02), 120, 120 * exp(0.02)};
    struct capacities before = {old, 3, 0.001};
    struct capacities after = {new, 3, 0.001};
    struct difference difference = difference_of(&before, &after);
    double reach = student_t(2.941176470588) * sqrt(0.0005 / 3);
    ck_assert(difference.has_interval);
    ck_assert_double_eq_tol(difference.change, 0.2, 1e-9);
    ck_assert_double_eq_tol(difference.low, 1.2 * exp(-reach) - 1, 1e-9);
    ck_assert_double_eq_tol(difference.high, 1.2 * exp(reach) - 1, 1e-9);
}
END_TEST

START_TEST(the_interval_is_never_narrower_than_the_search)
{
    const double same[] = {476, 476, 476};
    struct capacities before = {same, 3, 0.02};
    struct capacities after = {same, 3, 0.05};
    struct difference difference = difference_of(&before, &after);
    ck_assert_double_eq(difference.change, 0);
    ck_assert_double_eq_tol(difference.high, 0.05, 1e-12);
    ck_assert_double_eq_tol(difference.low, 1 / 1.05 - 1, 1e-12);
}
END_TEST

START_TEST(two_runs_have_a_difference_and_no_interval)
{
    const double old[] = {100, 101}, new[] = {110, 111, 112};
    struct capacities before = {old, 2, 0.02};
    struct capacities after = {new, 3, 0.02};
    struct difference difference = difference_of(&before, &after);
    ck_assert(!difference.has_interval);
    ck_assert_double_eq_tol(difference.change, 0.1044, 0.001);
}
END_TEST

/* Normal deviates, by the sum of twelve uniform ones. */
static double deviate(struct random *random)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += random_fraction(random);
    }
    return sum;
}

/* What a 95 % interval promises, with five runs and two, unequal, variances. */
START_TEST(the_interval_contains_the_truth_in_95_of_100_cases)
{
    enum { CASES = 20000, RUNS = 5 };
    struct random chance = random_seeded(1);
    unsigned hits = 0;
    for (int i = 0; i < CASES; i++) {
        double old[RUNS], new[RUNS];
        for (int k = 0; k < RUNS; k++) {
            old[k] = 500 * exp(0.01 * deviate(&chance));
            new[k] = 550 * exp(0.03 * deviate(&chance));
        }
        struct capacities before = {old, RUNS, 1e-9};
        struct capacities after = {new, RUNS, 1e-9};
        struct difference difference = difference_of(&before, &after);
        hits += difference.low <= 0.1 && 0.1 <= difference.high;
    }
    ck_assert_double_eq_tol((double)hits / CASES, 0.95, 0.01);
}
END_TEST

Suite *difference_suite(void);
Suite *difference_suite(void)
{
    Suite *suite = suite_create("difference");
    TCase *tests = tcase_create("difference");
    tcase_add_test(tests, student_is_that_of_the_tables);
    tcase_add_test(tests, the_interval_is_welchs);
    tcase_add_test(tests, the_interval_is_never_narrower_than_the_search);
    tcase_add_test(tests, two_runs_have_a_difference_and_no_interval);
    tcase_add_test(tests, the_interval_contains_the_truth_in_95_of_100_cases);
    suite_add_tcase(suite, tests);
    return suite;
}
