/* Not under tsan: one thread. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/verdict/judge.h"
#include "tests/support/judged.h"

static struct summary *summary;
static struct slo *slo;

static void setup(void)
{
    summary = judged_create();
    slo = NULL;
}

static void teardown(void)
{
    slo_destroy(slo);
    summary_destroy(summary);
}

static struct slo_finding judge(const char *text)
{
    return judged_by(summary, text, &slo);
}

static void expect_held(const char *text)
{
    struct slo_finding finding = judge(text);
    char why[SLO_REASON_TEXT];
    ck_assert_msg(finding.is_held, "%s: %g (%s)", text, finding.value,
                  slo_print_reason(&finding, why));
}

static void expect_missed(const char *text, const char *reason)
{
    struct slo_finding finding = judge(text);
    char why[SLO_REASON_TEXT];
    slo_print_reason(&finding, why);
    ck_assert_msg(!finding.is_held, "%s: %g (%s)", text, finding.value, why);
    ck_assert_msg(strstr(why, reason) != NULL, "%s: %s", text, why);
}

START_TEST(a_percentile_is_by_nearest_rank)
{
    judged_add(summary, 99, 0, 200, 10 * NS_PER_MS);
    judged_add(summary, 1, 0, 200, 90 * NS_PER_MS);
    expect_held("p99<11ms");
    expect_missed("p99.1<11ms", "");
    expect_held("p99.1<91ms");
    expect_missed("p99.1<89ms", "");
    expect_missed("p50<9ms", "");
    ck_assert_double_eq_tol(judge("p99<11ms").value, 10e6, 10e6 * 0.0005);
}
END_TEST

START_TEST(a_refused_connection_is_slower_than_every_limit)
{
    judged_add(summary, 989, 0, 200, 10 * NS_PER_MS);
    judged_add(summary, 10, 0, 0, 50 * NS_PER_US); /* fast to fail */
    judged_add(summary, 1, 0, 200, 20 * NS_PER_MS);
    expect_held("p99<21ms"); /* rank 990 is the slowest answer */
    expect_missed("p99<19.9ms", "");
    expect_missed("p99.1<100h", "10 of 1000 requests got no response");
    expect_missed("mean<100h", "10 of 1000 requests got no response");
    expect_missed("max<100h", "10 of 1000 requests got no response");
    ck_assert(isinf(judge("max<100h").value));
    ck_assert(judge("p98<11ms").is_held);
}
END_TEST

START_TEST(what_was_not_started_is_as_bad)
{
    judged_add(summary, 990, 0, 200, 10 * NS_PER_MS);
    judged_not_started(summary, 10, 0);
    expect_held("p99<11ms");
    expect_held("errors<=1%");
    expect_missed("errors<1%", "");
    expect_missed("mean<1h", "10 of 1000 requests");
    judged_not_started(summary, 1, 0);
    expect_missed("p99<1h", "11 of 1001 requests got no response");
}
END_TEST

START_TEST(an_answer_with_a_bad_status_is_an_error_and_has_its_latency)
{
    judged_add(summary, 95, 0, 200, NS_PER_MS);
    judged_add(summary, 1, 0, 399, NS_PER_MS);
    judged_add(summary, 1, 0, 199, 3 * NS_PER_MS);
    judged_add(summary, 1, 0, 404, 3 * NS_PER_MS);
    judged_add(summary, 2, 0, 500, 3 * NS_PER_MS);
    expect_held("max<=3ms");
    expect_held("mean<=1.08ms");
    expect_missed("mean<1.08ms", "");
    expect_held("errors<=4%");
    expect_missed("errors<4%", "");
    ck_assert_double_eq(judge("errors<4%").value, 4);
}
END_TEST

START_TEST(no_data_is_a_miss)
{
    static const char *const texts[] = {"p99<1h",   "mean<1h",       "max<1h",   "errors<=100%",
                                        "rate>=0",  "throughput>=0", "rate>=0%", "throughput>=0%",
                                        "a:p99<1h", "a:errors<=100%"};
    summary->has_plan = false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_missed(texts[i],
                      strncmp(texts[i], "rate", 4) == 0 || strncmp(texts[i], "thr", 3) == 0
                          ? "too few requests"
                          : "no requests");
        ck_assert(isnan(judge(texts[i]).value));
    }
    summary->scheduled_per_s = 0;
    judged_add(summary, 10, 0, 200, NS_PER_MS);
    expect_missed("rate>=0%", "no rate was scheduled");
    expect_missed("b:p99<1h", "no requests");
    expect_missed("bb:p99<1h", "no target has this name; did you mean b?");
}
END_TEST

START_TEST(nothing_that_ended_is_not_no_data)
{
    judged_not_started(summary, 100, 0);
    expect_missed("p50<1h", "100 of 100 requests got no response");
    expect_missed("errors<100%", "");
    expect_held("errors<=100%");
}
END_TEST

START_TEST(rate_and_throughput_are_those_of_the_report)
{
    judged_add(summary, 500, 0, 200, NS_PER_MS);
    judged_add(summary, 501, 0, 500, NS_PER_MS); /* one a millisecond: 1000/s for a second */
    summary->scheduled_per_s = 1250;
    ck_assert_double_eq_tol(judge("rate>1").value, 1000, 1e-6);
    expect_held("rate>=999.9");
    expect_missed("rate>=1000.1", "");
    expect_held("rate>79.9%");
    expect_missed("rate>80.1%", "");
    ck_assert_double_eq_tol(judge("throughput>1").value, 500 / 1.001, 1e-6);
    ck_assert_double_eq_tol(judge("throughput>1%").value, 100 * 500 / 1.001 / 1250, 1e-6);
}
END_TEST

START_TEST(a_row_counts_what_was_intended_of_it)
{
    judged_add(summary, 100, 0, 200, NS_PER_MS);
    judged_add(summary, 90, 1, 200, 5 * NS_PER_MS);
    judged_add(summary, 5, 1, 0, NS_PER_MS);
    judged_not_started(summary, 5, 1);
    expect_held("a:p99<2ms");
    expect_held("a:errors<=0%");
    expect_held("b:p90<6ms");
    expect_missed("b:p91<1h", "10 of 100 requests got no response");
    expect_missed("b:p90<4.99ms", "");
    expect_missed("b:errors<10%", "");
    expect_held("b:errors<=10%");
}
END_TEST

START_TEST(what_no_row_is_known_for_counts_in_each)
{
    judged_add(summary, 90, 0, 200, NS_PER_MS);
    judged_add(summary, 90, 1, 200, NS_PER_MS);
    summary->intended += 10; /* never read from a stream of targets, or lost in a damaged file */
    expect_held("a:p90<2ms");
    expect_missed("a:p91<2ms", "10 of 100 requests");
    expect_missed("b:errors<10%", "");
    expect_held("p94<2ms"); /* of 190 */
    expect_missed("p95<2ms", "10 of 190 requests got no response");
    summary->damaged = 1;
    expect_missed("p95<2ms", "10 of 190 requests got no response, or their results are missing");
}
END_TEST

START_TEST(the_only_target_is_the_whole_run)
{
    struct summary *one = summary_create();
    rows_add(&one->rows, "only");
    struct result result = {.service_ns = NS_PER_MS, .code = 200, .row = ROWS_OTHER};
    tally_add(one->tally, &result);
    one->intended = 1;
    slo = slo_parse("only:p99<2ms,only:errors<1%", NULL);
    ck_assert(slo_judge(slo, one).is_met);
    summary_destroy(one);
}
END_TEST

START_TEST(of_results_that_were_cut_short_nothing_is_held)
{
    judged_add(summary, 100, 0, 200, NS_PER_MS);
    expect_held("p99<2ms");
    summary->is_cut_short = true;
    expect_missed("p99<2ms", "met so far, but the results were cut short");
    expect_missed("p99<1ms", "");
}
END_TEST

START_TEST(an_iteration_without_a_user_misses_everything_for_certain)
{
    judged_add(summary, 100, 0, 200, NS_PER_MS);
    expect_held("p99<2ms");
    summary->iterations = 99;
    summary->iterations_dropped = 1;
    expect_missed("p99<2ms",
                  "1 of 100 iterations were dropped, because no user was free; raise -u");
    expect_missed("p99<1ms",
                  "1 of 100 iterations were dropped, because no user was free; raise -u");
    ck_assert(judge("p99<2ms").is_certain);
}
END_TEST

START_TEST(one_miss_is_enough)
{
    judged_add(summary, 100, 0, 200, NS_PER_MS);
    slo = slo_parse("p99<2ms,max<1us,errors<1%", NULL);
    struct slo_verdict verdict = slo_judge(slo, summary);
    ck_assert(!verdict.is_met);
    ck_assert(verdict.list[0].is_held && !verdict.list[1].is_held && verdict.list[2].is_held);
    char text[100];
    slo_print_missed(&verdict, text, sizeof text);
    ck_assert_str_eq(text, "max<1us (1ms)");
    slo_print_missed(&verdict, text, 8); /* cut, and ended */
    ck_assert_str_eq(text, "max<1us");
    judged_add_late(summary, 10, 0, 30 * NS_PER_MS, NS_PER_MS);
    verdict = slo_judge(slo, summary);
    slo_print_missed(&verdict, text, sizeof text);
    ck_assert_str_eq(text, "p99<2ms (31ms, 1ms without the generator's lag), max<1us (31ms, 1ms "
                           "without the generator's lag)");
}
END_TEST

Suite *slo_judge_suite(void);
Suite *slo_judge_suite(void)
{
    Suite *suite = suite_create("slo_judge");
    TCase *tests = tcase_create("slo_judge");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_percentile_is_by_nearest_rank);
    tcase_add_test(tests, a_refused_connection_is_slower_than_every_limit);
    tcase_add_test(tests, what_was_not_started_is_as_bad);
    tcase_add_test(tests, an_answer_with_a_bad_status_is_an_error_and_has_its_latency);
    tcase_add_test(tests, no_data_is_a_miss);
    tcase_add_test(tests, nothing_that_ended_is_not_no_data);
    tcase_add_test(tests, rate_and_throughput_are_those_of_the_report);
    tcase_add_test(tests, a_row_counts_what_was_intended_of_it);
    tcase_add_test(tests, what_no_row_is_known_for_counts_in_each);
    tcase_add_test(tests, the_only_target_is_the_whole_run);
    tcase_add_test(tests, of_results_that_were_cut_short_nothing_is_held);
    tcase_add_test(tests, an_iteration_without_a_user_misses_everything_for_certain);
    tcase_add_test(tests, one_miss_is_enough);
    suite_add_tcase(suite, tests);
    return suite;
}
