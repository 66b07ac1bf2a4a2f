#include <check.h>
#include <string.h>

#include "loadgen/capacity/capacity_report.h"
#include "tests/support/printed.h"

static struct capacity_search searches[4];

static void setup(void)
{
    static const double rates[] = {500, 480, 510, 490};
    memset(searches, 0, sizeof searches);
    for (size_t i = 0; i < 4; i++) {
        searches[i].move = (struct search_move){.is_done = true,
                                                .verdict = SEARCH_FOUND,
                                                .good_rate = rates[i],
                                                .bad_rate = 1.02 * rates[i]};
    }
}

static void expect_sentence(enum search_verdict verdict, double good, double bad,
                            const char *expected)
{
    char text[CAPACITY_SENTENCE];
    searches[0].move = (struct search_move){
        .is_done = true, .verdict = verdict, .good_rate = good, .bad_rate = bad};
    ck_assert_str_eq(capacity_sentence(&searches[0], text), expected);
}

START_TEST(a_sentence_says_what_was_found)
{
    expect_sentence(SEARCH_FOUND, 471.3, 476, "471.3/s meets the SLO, 476/s does not");
    expect_sentence(SEARCH_ABOVE_MAXIMUM, 1000, 0, "1000/s, the maximum, meets the SLO");
    expect_sentence(SEARCH_BELOW_MINIMUM, 0, 34, "34/s, the minimum, does not meet the SLO");
    expect_sentence(SEARCH_GENERATOR_LIMITED, 900, 0,
                    "the generator is the limit: the target sustains at least 900/s");
    expect_sentence(SEARCH_GENERATOR_LIMITED, 0, 0,
                    "the generator is the limit: no rate met the SLO");
    expect_sentence(
        SEARCH_OUT_OF_TIME, 400, 500,
        "the time limit was reached: the target sustains at least 400/s; 500/s was too high");
    expect_sentence(SEARCH_OUT_OF_TIME, 400, 0,
                    "the time limit was reached: the target sustains at least 400/s");
    searches[0].count = SEARCH_TRIALS_MAX;
    expect_sentence(
        SEARCH_OUT_OF_TIME, 400, 500,
        "the search reached its limit of 512 trials: the target sustains at least 400/s; "
        "500/s was too high");
}
END_TEST

START_TEST(several_searches_have_a_median_and_a_spread)
{
    const struct capacity_searches four = {searches, 4, NULL, NULL, NULL},
                                   three = {searches, 3, NULL, NULL, NULL};
    struct capacity_spread spread = capacity_find_spread(&four);
    ck_assert_double_eq(spread.median, 495);
    ck_assert_double_eq(spread.min, 480);
    ck_assert_double_eq(spread.max, 510);
    ck_assert_double_eq_tol(spread.variation, 12.909944 / 495, 1e-6);
    ck_assert_double_eq(capacity_find_spread(&three).median, 500);
    ck_assert_ptr_eq(capacity_find_median(&three), &searches[0]);
    ck_assert_ptr_eq(capacity_find_median(&four), &searches[3]);
}
END_TEST

START_TEST(one_search_has_no_variation)
{
    const struct capacity_searches one = {searches, 1, NULL, NULL, NULL};
    ck_assert_double_eq(capacity_find_spread(&one).variation, 0);
    ck_assert_double_eq(capacity_find_spread(&one).median, 500);
}
END_TEST

/* A trial whose interval of the p99 has these ends; NULL: no answer. */
static void expect_trial(json_t *from, json_t *to, const char *reason, const char *expected)
{
    struct printed printed = {0};
    json_t *record =
        json_pack("{s:f, s:f, s:s, s:s, s:s, s:[{s:s, s:o?, s:o?}]}", "rate", 500.0,
                  "duration_seconds", 5.0, "step", "halve", "outcome", "bad", "reason", reason,
                  "intervals", "criterion", "p99 < 100ms", "from", from, "to", to);
    capacity_print_trial(record, 3, printed_open(&printed));
    ck_assert_str_eq(printed_close(&printed), expected);
    printed_free(&printed);
    json_decref(record);
}

START_TEST(a_trial_is_a_line_with_the_interval_of_its_percentile)
{
    expect_trial(json_integer(91200000), json_integer(97000000), "why",
                 "  3       500/s    5s  halve    bad      p99 91.2ms to 97ms        why\n");
    expect_trial(json_integer(91200000), NULL, "why",
                 "  3       500/s    5s  halve    bad      p99 91.2ms to no response  why\n");
    expect_trial(NULL, NULL, "why",
                 "  3       500/s    5s  halve    bad      p99 no response           why\n");
    expect_trial(NULL, NULL, "", "  3       500/s    5s  halve    bad      p99 no response\n");
}
END_TEST

static void expect_text(const struct capacity_search *search, const char *part)
{
    struct printed printed = {0};
    json_t *environment = json_object();
    const struct capacity_searches one = {search, 1, environment, environment, environment};
    ck_assert(capacity_write_text(&one, printed_open(&printed)));
    const char *text = printed_close(&printed);
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is missing: %s", part, text);
    printed_free(&printed);
    json_decref(environment);
}

START_TEST(the_text_has_the_generator_and_the_remarks_of_every_trial)
{
    struct capacity_search *search = &searches[0];
    search->records = json_pack("[{s:f, s:{s:s}, s:{s:[s]}}, {s:f, s:{s:s}}]", "rate", 600.0,
                                "generator", "why", "First.", "target", "remarks", "1 pod is gone.",
                                "rate", 500.0, "generator", "why", "Last.");
    search->trials[0] = (struct trial){.rate = 600, .outcome = TRIAL_BAD};
    search->trials[1] = (struct trial){.rate = 500, .outcome = TRIAL_GOOD};
    search->count = 2;
    expect_text(search, "\n! 1 pod is gone. (trial 1)\n");
    expect_text(search, "\nGenerator     Last.\n");
    search->trials[0].outcome = TRIAL_GOOD;
    search->move.good_rate = 600;
    expect_text(search, "\nGenerator     First.\n");
    search->trials[0].outcome = search->trials[1].outcome = TRIAL_BAD;
    search->move.verdict = SEARCH_BELOW_MINIMUM;
    expect_text(search, "\nGenerator     Last.\n");
    json_decref(search->records);
}
END_TEST

START_TEST(each_percentile_of_the_slo_has_its_interval)
{
    struct printed printed = {0};
    json_t *record = json_pack("{s:f, s:f, s:s, s:s, s:[{s:s, s:i, s:i}, {s:s, s:n}]}", "rate",
                               500.0, "duration_seconds", 5.0, "step", "halve", "outcome", "good",
                               "intervals", "criterion", "a:p50<1s", "from", 1000000, "to", 2000000,
                               "criterion", "p99<1s", "from");
    capacity_print_trial(record, 3, printed_open(&printed));
    ck_assert_str_eq(
        printed_close(&printed),
        "  3       500/s    5s  halve    good     a:p50 1ms to 2ms, p99 no response\n");
    printed_free(&printed);
    json_decref(record);
}
END_TEST

Suite *capacity_report_suite(void);
Suite *capacity_report_suite(void)
{
    Suite *suite = suite_create("capacity_report");
    TCase *tests = tcase_create("capacity_report");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_sentence_says_what_was_found);
    tcase_add_test(tests, several_searches_have_a_median_and_a_spread);
    tcase_add_test(tests, one_search_has_no_variation);
    tcase_add_test(tests, a_trial_is_a_line_with_the_interval_of_its_percentile);
    tcase_add_test(tests, the_text_has_the_generator_and_the_remarks_of_every_trial);
    tcase_add_test(tests, each_percentile_of_the_slo_has_its_interval);
    suite_add_tcase(suite, tests);
    return suite;
}
