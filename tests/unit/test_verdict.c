#include <check.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/verdict.h"

static struct summary *summary;

static void setup(void)
{
    summary = summary_create();
    summary->generator = (struct generator){
        .threads = 2,
        .cpu_limit = 2,
        .cpu_seconds = 1,
        .wall_seconds = 10,
        .has_throttled = true,
        .loop_p99_ns = 5000,
    };
    for (unsigned k = 0; k < 1000; k++) {
        struct result result = {.lag_ns = 40 * NS_PER_US, .code = 200};
        tally_add(summary->tally, &result);
    }
}

static void teardown(void)
{
    summary_destroy(summary);
}

static void expect_limit(const char *reason)
{
    struct verdict verdict = verdict_of(summary);
    ck_assert(verdict.is_known);
    ck_assert_msg(verdict.is_limited == (reason != NULL), "%s", verdict.why);
    ck_assert_msg(!reason || strstr(verdict.why, reason) != NULL, "%s", verdict.why);
}

START_TEST(an_idle_generator_was_not_the_limit)
{
    struct verdict verdict = verdict_of(summary);
    ck_assert(verdict.is_known && !verdict.is_limited);
    ck_assert_str_eq(verdict.why, "The generator was not the limit: it used 5.0% of its CPU, and "
                                  "the 99th percentile of its lag was 40µs.");
}
END_TEST

START_TEST(over_80_percent_of_its_cpu_it_was)
{
    summary->generator.cpu_seconds = 15.9;
    expect_limit(NULL);
    summary->generator.cpu_seconds = 16.2;
    expect_limit("it used 81% of the 2 CPU that it may use. Give it more CPU, or ask for less.");
}
END_TEST

START_TEST(throttled_for_a_hundredth_of_the_time_it_was)
{
    summary->generator.throttled_seconds = 0.09;
    expect_limit(NULL);
    summary->generator.throttled_seconds = 0.25;
    expect_limit(
        "the kernel stopped it for 250ms to keep it within its CPU limit. Give it more CPU");
    summary->generator.has_throttled = false;
    expect_limit(NULL);
}
END_TEST

START_TEST(with_one_request_in_a_hundred_late_it_was)
{
    for (unsigned k = 0; k < 20; k++) {
        expect_limit(k <= 10 ? NULL : "of the requests over 1ms late");
        struct result result = {.lag_ns = RESULT_LATE_NS + 1, .code = 200};
        tally_add(summary->tally, &result);
    }
}
END_TEST

START_TEST(late_in_a_long_queue_for_a_connection_it_was_not)
{
    for (unsigned k = 0; k < 1000; k++) {
        struct result result = {
            .lag_ns = RESULT_LATE_NS + 1, .wait_ns = 40 * RESULT_LATE_NS, .code = 200};
        tally_add(summary->tally, &result);
    }
    expect_limit(NULL);
    struct result result = {.lag_ns = 1000 * RESULT_LATE_NS, .code = 200};
    tally_add(summary->tally, &result);
    expect_limit("of the requests over 1ms late");
}
END_TEST

START_TEST(with_a_slow_loop_it_was)
{
    summary->generator.loop_p99_ns = NS_PER_MS + 1;
    expect_limit("answers waited in it to be read");
}
END_TEST

START_TEST(with_requests_that_came_too_late_it_was_and_all_reasons_are_given)
{
    summary->too_late = 7;
    expect_limit(
        "The generator was the limit: it was too far behind to start 7 requests. It had CPU to "
        "spare, so other work held it up");
    summary->generator.cpu_seconds = 20;
    expect_limit("7 requests, and it used 100% of the 2 CPU");
}
END_TEST

START_TEST(without_a_generator_nothing_is_known)
{
    summary->generator.threads = 0;
    struct verdict verdict = verdict_of(summary);
    ck_assert(!verdict.is_known && !verdict.is_limited);
}
END_TEST

Suite *verdict_suite(void);
Suite *verdict_suite(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tests = tcase_create("verdict");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_idle_generator_was_not_the_limit);
    tcase_add_test(tests, over_80_percent_of_its_cpu_it_was);
    tcase_add_test(tests, throttled_for_a_hundredth_of_the_time_it_was);
    tcase_add_test(tests, with_one_request_in_a_hundred_late_it_was);
    tcase_add_test(tests, late_in_a_long_queue_for_a_connection_it_was_not);
    tcase_add_test(tests, with_a_slow_loop_it_was);
    tcase_add_test(tests, with_requests_that_came_too_late_it_was_and_all_reasons_are_given);
    tcase_add_test(tests, without_a_generator_nothing_is_known);
    suite_add_tcase(suite, tests);
    return suite;
}
