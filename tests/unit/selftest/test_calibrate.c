#include <check.h>
#include <math.h>

#include "common/clock.h"
#include "loadgen/selftest/calibrate.h"

static struct calibrate_step step(double rate, bool is_on_time, double utilisation)
{
    return (struct calibrate_step){.rate = rate,
                                   .is_on_time = is_on_time,
                                   .utilisation = utilisation,
                                   .lag_p99_ns = (uint64_t)rate,
                                   .request_ns = 8000,
                                   .server_ns = 4000};
}

START_TEST(a_rate_that_keeps_the_cpus_busy_enough_is_the_last)
{
    const struct calibrate_step steps[] = {step(1000, true, 0.75)};
    ck_assert_double_eq(calibrate_next(steps, 0, 1000), 1000);
    ck_assert_double_eq(calibrate_next(steps, 1, 1000), 0);
}
END_TEST

START_TEST(cpus_that_were_less_busy_than_wanted_get_a_higher_rate)
{
    const struct calibrate_step steps[] = {step(1000, true, 0.4)};
    ck_assert_double_eq_tol(calibrate_next(steps, 1, 1000), 2000, 1e-9);
}
END_TEST

START_TEST(late_rates_are_halved_then_the_middle_is_tried)
{
    const struct calibrate_step steps[] = {step(1000, false, 0.7), step(1000, false, 0.7),
                                           step(500, false, 0.4),  step(500, false, 0.4),
                                           step(250, true, 0.2),   step(353, true, 0.28)};
    ck_assert_double_eq(calibrate_next(steps, 2, 1000), 500);
    ck_assert_double_eq(calibrate_next(steps, 4, 1000), 250);
    ck_assert_double_eq_tol(calibrate_next(steps, 5, 1000), sqrt(250 * 500), 1e-9);
    ck_assert_double_eq_tol(calibrate_next(steps, 6, 1000), sqrt(353 * 500), 1e-9);
}
END_TEST

START_TEST(a_rate_that_was_late_once_is_tried_again)
{
    const struct calibrate_step steps[] = {step(1000, false, 0.7), step(1000, true, 0.78)};
    ck_assert_double_eq(calibrate_next(steps, 1, 1000), 1000);
    ck_assert_double_eq(calibrate_next(steps, 2, 1000), 0);
}
END_TEST

START_TEST(a_late_rate_that_used_up_the_cpu_is_not)
{
    const struct calibrate_step steps[] = {step(1000, false, 0.9)};
    ck_assert_double_eq(calibrate_next(steps, 1, 1000), 500);
}
END_TEST

START_TEST(a_narrow_interval_ends_it)
{
    const struct calibrate_step steps[] = {step(1000, false, 0.8), step(1000, false, 0.8),
                                           step(950, true, 0.5)};
    ck_assert_double_eq(calibrate_next(steps, 3, 1000), 0);
}
END_TEST

/* One rate was late, and a higher one was not: something else held the first one up. */
START_TEST(a_late_rate_below_one_on_time_is_forgotten)
{
    const struct calibrate_step steps[] = {step(500, false, 0.4), step(500, false, 0.4),
                                           step(1000, true, 0.79)};
    ck_assert_double_eq(calibrate_next(steps, 3, 1000), 0);
}
END_TEST

START_TEST(the_generator_alone_has_the_cpu_of_the_null_server_too)
{
    struct calibration calibration = {.cpus = 0.1, .count = 2};
    calibration.steps[0] = step(8000, false, 0.96);
    calibration.steps[1] = step(5000, true, 0.6);
    calibrate_conclude(&calibration);
    ck_assert(calibration.is_on_time);
    ck_assert_double_eq(calibration.utilisation, 0.6);
    ck_assert_double_eq(calibration.rate_on_time, 5000);
    ck_assert_uint_eq(calibration.lag_p99_ns, 5000);
    /* 60 % of 0.1 CPUs, 8 us each: 7,500/s, where both together carried 5,000/s */
    ck_assert_double_eq(calibrate_rate(&calibration, 0), 7500);
}
END_TEST

START_TEST(at_most_what_the_verdict_on_the_generator_allows)
{
    struct calibration calibration = {.cpus = 1, .count = 1};
    calibration.steps[0] = step(80000, true, 0.93);
    calibrate_conclude(&calibration);
    ck_assert_double_eq(calibrate_rate(&calibration, 0), 100000);
}
END_TEST

START_TEST(a_costlier_request_lowers_the_rate_and_a_cheaper_one_does_not_raise_it)
{
    struct calibration calibration = {.cpus = 1, .count = 1};
    calibration.steps[0] = step(80000, true, 0.8);
    calibrate_conclude(&calibration);
    ck_assert_double_eq(calibrate_rate(&calibration, 16000), 50000);
    ck_assert_double_eq(calibrate_rate(&calibration, 7000), 100000);
    ck_assert_double_eq(calibrate_rate(&calibration, 8123), 98400);
}
END_TEST

START_TEST(on_time_at_no_rate_the_cpu_is_the_bound)
{
    struct calibration calibration = {.cpus = 1, .request_ns = 5000, .count = 2};
    calibration.steps[0] = step(80000, false, 0.8);
    calibration.steps[1] = step(40000, false, 0.8);
    calibration.steps[1].request_ns = 20000;
    calibrate_conclude(&calibration);
    ck_assert(!calibration.is_on_time);
    ck_assert_double_eq(calibration.rate_on_time, 0);
    ck_assert_double_eq(calibrate_rate(&calibration, 0), 40000);
}
END_TEST

Suite *calibrate_suite(void);
Suite *calibrate_suite(void)
{
    Suite *suite = suite_create("calibrate");
    TCase *tests = tcase_create("calibrate");
    tcase_add_test(tests, a_rate_that_keeps_the_cpus_busy_enough_is_the_last);
    tcase_add_test(tests, cpus_that_were_less_busy_than_wanted_get_a_higher_rate);
    tcase_add_test(tests, late_rates_are_halved_then_the_middle_is_tried);
    tcase_add_test(tests, a_rate_that_was_late_once_is_tried_again);
    tcase_add_test(tests, a_late_rate_that_used_up_the_cpu_is_not);
    tcase_add_test(tests, a_narrow_interval_ends_it);
    tcase_add_test(tests, a_late_rate_below_one_on_time_is_forgotten);
    tcase_add_test(tests, the_generator_alone_has_the_cpu_of_the_null_server_too);
    tcase_add_test(tests, at_most_what_the_verdict_on_the_generator_allows);
    tcase_add_test(tests, a_costlier_request_lowers_the_rate_and_a_cheaper_one_does_not_raise_it);
    tcase_add_test(tests, on_time_at_no_rate_the_cpu_is_the_bound);
    suite_add_tcase(suite, tests);
    return suite;
}
