#include <check.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/capacity/search/rules.h"
#include "tests/support/read_targets.h"

static struct search_options rules(const char *text, const struct targets *targets,
                                   uint64_t trial_ns, bool is_quick)
{
    struct err err = {0};
    struct slo *slo = slo_parse(text, &err);
    ck_assert_msg(slo != NULL, "%s", err.text);
    struct search_options options = rules_make(slo, targets, trial_ns, is_quick);
    slo_destroy(slo);
    return options;
}

static const struct {
    const char *slo;
    bool is_quick;
    uint64_t trial_s, requests;
    double min_rate;
} rows[] = {
    {"p99<100ms", false, 10, 459, 8},
    {"p99.9<100ms", false, 10, 4603, 77},
    {"p95<10ms", false, 10, 90, 2},
    {"p50<10ms", false, 10, 7, 1},
    {"p99<100ms,errors<0.1%", false, 10, 2000, 34},
    {"errors<1%", false, 10, 200, 4},
    {"errors<=0%", false, 10, 1, 1},
    {"p99<150ms", false, 15, 459, 8},
    {"p99<100ms,max<=1s", false, 100, 459, 8},
    {"mean<105ms", false, 11, 1, 1},
    {"p99<100ms", true, 5, 459, 8},
    {"p99<500ms", true, 20, 459, 8},
    {"throughput>=99%", false, 10, 1, 1},
};

START_TEST(trials_are_as_long_as_the_criteria_need)
{
    struct search_options options = rules(rows[_i].slo, NULL, 0, rows[_i].is_quick);
    ck_assert_uint_eq(options.trial_ns, rows[_i].trial_s * NS_PER_S);
    ck_assert_uint_eq(options.requests, rows[_i].requests);
    ck_assert_double_eq(options.min_rate, rows[_i].min_rate);
    ck_assert_double_eq(options.width, rows[_i].is_quick ? 0.05 : 0.02);
}
END_TEST

START_TEST(shorter_trials_are_as_long_as_the_limits_need)
{
    ck_assert_uint_eq(rules("p99<20ms", NULL, NS_PER_S, true).trial_ns, NS_PER_S);
    ck_assert_uint_eq(rules("p99<100ms", NULL, NS_PER_S, true).trial_ns, 4 * NS_PER_S);
    ck_assert_uint_eq(rules("p99<100ms", NULL, NS_PER_S, false).trial_ns, 10 * NS_PER_S);
}
END_TEST

START_TEST(a_slow_rate_needs_longer_trials)
{
    struct search_options options = rules("errors<0.1%", NULL, 0, false);
    ck_assert_uint_eq(search_trial_ns(&options, 1000), 10 * NS_PER_S);
    ck_assert_uint_eq(search_trial_ns(&options, 200), 10 * NS_PER_S);
    ck_assert_uint_eq(search_trial_ns(&options, 199), 11 * NS_PER_S);
    ck_assert_uint_eq(search_trial_ns(&options, options.min_rate), 59 * NS_PER_S);
}
END_TEST

START_TEST(a_target_with_a_quarter_of_the_requests_needs_four_times_as_many)
{
    struct err err = {0};
    struct targets targets = {0};
    const char text[] = "# @name a\nGET http://h/\n\n# @name b\nGET http://h/\n\n"
                        "# @name b\nGET http://h/\n\n# @name b\nGET http://h/\n";
    const struct message_defaults defaults = {.keepalive = true};
    read_targets(&targets, text, strlen(text), &defaults, &err);
    expect_targets(&targets, 4, &err);
    ck_assert_uint_eq(rules("a:errors<1%", &targets, 0, false).requests, 800);
    ck_assert_uint_eq(rules("b:errors<1%", &targets, 0, false).requests, 267);
    ck_assert_uint_eq(rules("errors<1%", &targets, 0, false).requests, 200);
    targets_free(&targets);
}
END_TEST

Suite *rules_suite(void);
Suite *rules_suite(void)
{
    Suite *suite = suite_create("rules");
    TCase *tests = tcase_create("rules");
    tcase_add_loop_test(tests, trials_are_as_long_as_the_criteria_need, 0,
                        sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, shorter_trials_are_as_long_as_the_limits_need);
    tcase_add_test(tests, a_slow_rate_needs_longer_trials);
    tcase_add_test(tests, a_target_with_a_quarter_of_the_requests_needs_four_times_as_many);
    suite_add_tcase(suite, tests);
    return suite;
}
