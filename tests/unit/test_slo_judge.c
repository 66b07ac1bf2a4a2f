#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/slo_judge.h"
#include "loadgen/report/slo_print.h"

static struct summary *summary;
static struct slo *slo;

static void setup(void)
{
    summary = summary_create();
    summary->has_plan = true;
    rows_add(&summary->rows, "a");
    rows_add(&summary->rows, "b");
    slo = NULL;
}

static void teardown(void)
{
    slo_destroy(slo);
    summary_destroy(summary);
}

/* Results a millisecond apart. */
static void add(unsigned count, uint8_t row, uint16_t code, uint64_t latency_ns)
{
    for (unsigned i = 0; i < count; i++) {
        struct result result = {
            .intended_ns = summary->tally->counters.ended * NS_PER_MS,
            .service_ns = latency_ns,
            .row = row,
            .code = code,
            .outcome = code ? OUTCOME_ANSWERED : OUTCOME_CONNECT,
        };
        tally_add(summary->tally, &result);
    }
    summary->intended = summary->tally->counters.ended + summary->not_started;
    summary->started = summary->tally->counters.ended;
}

static void not_started(uint64_t count, uint8_t row)
{
    summary->rows_not_started[row] += count;
    summary->not_started += count;
    summary->intended += count;
}

static struct slo_finding judge(const char *text)
{
    struct err err = {0};
    slo_destroy(slo);
    slo = slo_parse(text, &err);
    ck_assert_msg(slo != NULL, "%s", err.text);
    struct slo_verdict verdict = slo_judge(slo, summary);
    ck_assert_uint_eq(verdict.count, 1);
    ck_assert(verdict.is_met == verdict.list[0].is_held);
    return verdict.list[0];
}

static void expect_held(const char *text)
{
    struct slo_finding finding = judge(text);
    ck_assert_msg(finding.is_held, "%s: %g (%s)", text, finding.value, finding.why);
}

static void expect_missed(const char *text, const char *why)
{
    struct slo_finding finding = judge(text);
    ck_assert_msg(!finding.is_held, "%s: %g (%s)", text, finding.value, finding.why);
    ck_assert_msg(strstr(finding.why, why) != NULL, "%s: %s", text, finding.why);
}

START_TEST(a_percentile_is_by_nearest_rank)
{
    add(99, 0, 200, 10 * NS_PER_MS);
    add(1, 0, 200, 90 * NS_PER_MS);
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
    add(989, 0, 200, 10 * NS_PER_MS);
    add(10, 0, 0, 50 * NS_PER_US); /* fast to fail */
    add(1, 0, 200, 20 * NS_PER_MS);
    expect_held("p99<21ms"); /* rank 990 is the slowest answer */
    expect_missed("p99<19.9ms", "");
    expect_missed("p99.1<100h", "10 of 1000 requests got no answer");
    expect_missed("mean<100h", "10 of 1000 requests got no answer");
    expect_missed("max<100h", "10 of 1000 requests got no answer");
    ck_assert(isinf(judge("max<100h").value));
    ck_assert(judge("p98<11ms").is_held);
}
END_TEST

START_TEST(what_was_not_started_is_as_bad)
{
    add(990, 0, 200, 10 * NS_PER_MS);
    not_started(10, 0);
    expect_held("p99<11ms");
    expect_held("errors<=1%");
    expect_missed("errors<1%", "");
    expect_missed("mean<1h", "10 of 1000 requests");
    not_started(1, 0);
    expect_missed("p99<1h", "11 of 1001 requests got no answer");
}
END_TEST

START_TEST(an_answer_with_a_bad_status_is_an_error_and_has_its_latency)
{
    add(95, 0, 200, NS_PER_MS);
    add(1, 0, 399, NS_PER_MS);
    add(1, 0, 199, 3 * NS_PER_MS);
    add(1, 0, 404, 3 * NS_PER_MS);
    add(2, 0, 500, 3 * NS_PER_MS);
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
        expect_missed(texts[i], "there are");
        ck_assert(isnan(judge(texts[i]).value));
    }
    summary->asked_per_s = 0;
    add(10, 0, 200, NS_PER_MS);
    expect_missed("rate>=0%", "no rate was asked for");
    expect_missed("b:p99<1h", "there are no requests");
    expect_missed("bb:p99<1h", "no target has this name; the nearest is b");
}
END_TEST

START_TEST(nothing_that_ended_is_not_no_data)
{
    not_started(100, 0);
    expect_missed("p50<1h", "100 of 100 requests got no answer");
    expect_missed("errors<100%", "");
    expect_held("errors<=100%");
}
END_TEST

START_TEST(rate_and_throughput_are_those_of_the_report)
{
    add(500, 0, 200, NS_PER_MS);
    add(501, 0, 500, NS_PER_MS); /* one a millisecond: 1000/s for a second */
    summary->asked_per_s = 1250;
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
    add(100, 0, 200, NS_PER_MS);
    add(90, 1, 200, 5 * NS_PER_MS);
    add(5, 1, 0, NS_PER_MS);
    not_started(5, 1);
    expect_held("a:p99<2ms");
    expect_held("a:errors<=0%");
    expect_held("b:p90<6ms");
    expect_missed("b:p91<1h", "10 of 100 requests got no answer");
    expect_missed("b:p90<4.99ms", "");
    expect_missed("b:errors<10%", "");
    expect_held("b:errors<=10%");
}
END_TEST

START_TEST(what_no_row_is_known_for_counts_in_each)
{
    add(90, 0, 200, NS_PER_MS);
    add(90, 1, 200, NS_PER_MS);
    summary->intended += 10; /* never read from a stream of targets, or lost in a damaged file */
    expect_held("a:p90<2ms");
    expect_missed("a:p91<2ms", "10 of 100 requests");
    expect_missed("b:errors<10%", "");
    expect_held("p94<2ms"); /* of 190 */
    expect_missed("p95<2ms", "10 of 190 requests got no answer");
    summary->damaged = 1;
    expect_missed("p95<2ms", "10 of 190 requests got no answer, or it is missing from the results");
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
    add(100, 0, 200, NS_PER_MS);
    expect_held("p99<2ms");
    summary->is_cut_short = true;
    expect_missed("p99<2ms", "held so far, but the results were cut short");
    expect_missed("p99<1ms", "");
}
END_TEST

START_TEST(one_miss_is_enough)
{
    add(100, 0, 200, NS_PER_MS);
    slo = slo_parse("p99<2ms,max<1us,errors<1%", NULL);
    struct slo_verdict verdict = slo_judge(slo, summary);
    ck_assert(!verdict.is_met);
    ck_assert(verdict.list[0].is_held && !verdict.list[1].is_held && verdict.list[2].is_held);
    char text[100];
    slo_print_missed(&verdict, text, sizeof text);
    ck_assert_str_eq(text, "max<1us (1ms)");
    slo_print_missed(&verdict, text, 8); /* cut, and ended */
    ck_assert_str_eq(text, "max<1us");
}
END_TEST

START_TEST(people_see_each_criterion_with_what_was_seen)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    add(199, 0, 200, NS_PER_MS);
    add(1, 1, 0, NS_PER_MS);
    slo = slo_parse("p99<2ms,errors<0.1%,max<1s,c:mean<1s,rate>=10%", NULL);
    summary->asked_per_s = 1000;
    struct slo_verdict verdict = slo_judge(slo, summary);
    slo_print_text(&verdict, out);
    fclose(out);
    ck_assert_str_eq(
        text, "SLO           [seen, verdict]                   missed\n"
              "  p99<2ms                                       1ms, held\n"
              "  errors<0.1%                                   0.5%, missed\n"
              "  max<1s                                        beyond every limit, missed (1 of "
              "200 requests got no answer)\n"
              "  c:mean<1s                                     no data, missed (no target has this "
              "name; the nearest is a)\n"
              "  rate>=10%                                     100%, held\n");
    free(text);
}
END_TEST

START_TEST(pipelines_get_a_list)
{
    add(199, 0, 200, NS_PER_MS);
    add(1, 1, 0, NS_PER_MS);
    slo = slo_parse("p99<2ms,max<1s,b:errors<0.5%,rate>=2000", NULL);
    struct slo_verdict verdict = slo_judge(slo, summary);
    json_t *report = json_object();
    slo_print_json(NULL, report);
    ck_assert_uint_eq(json_object_size(report), 0);
    slo_print_json(&verdict, report);
    json_t *expected = json_loads(
        "{\"slo\":["
        "{\"criterion\":\"p99<2ms\",\"target\":null,\"limit\":2000000,\"value\":1000000,"
        "\"unit\":\"ns\",\"held\":true,\"why\":null},"
        "{\"criterion\":\"max<1s\",\"target\":null,\"limit\":1000000000,\"value\":null,"
        "\"unit\":\"ns\",\"held\":false,\"why\":\"1 of 200 requests got no answer\"},"
        "{\"criterion\":\"b:errors<0.5%\",\"target\":\"b\",\"limit\":0.5,\"value\":100.0,"
        "\"unit\":\"percent\",\"held\":false,\"why\":null},"
        "{\"criterion\":\"rate>=2000\",\"target\":null,\"limit\":2000.0,\"value\":1000.0,"
        "\"unit\":\"per_second\",\"held\":false,\"why\":null}]}",
        0, NULL);
    ck_assert_ptr_nonnull(expected);
    char *text = json_dumps(report, 0);
    ck_assert_msg(json_equal(report, expected), "%s", text);
    free(text);
    json_decref(expected);
    json_decref(report);
}
END_TEST

/* How it stands when this much of a run of `intended` is over. */
static bool is_hopeless(const char *text, uint64_t intended)
{
    static const uint64_t shares[ROWS_ALL] = {100, 900};
    slo_destroy(slo);
    slo = slo_parse(text, NULL);
    const struct slo_progress progress = {summary->tally, &summary->rows, intended,
                                          intended ? shares : NULL};
    return slo_find_hopeless(slo, &progress) != NULL;
}

START_TEST(a_percentile_is_lost_when_too_many_of_all_are_over)
{
    add(10, 0, 200, NS_PER_S);
    ck_assert(!is_hopeless("p99<20ms", 1000));
    add(1, 0, 0, NS_PER_MS);
    ck_assert(is_hopeless("p99<20ms", 1000));
    ck_assert(is_hopeless("errors<1%,p99<20ms", 1000));
    ck_assert(!is_hopeless("p99<20ms", 1100));
    ck_assert(!is_hopeless("p98.9<20ms", 1000));
    ck_assert(!is_hopeless("p99<2s", 1000));
    ck_assert(!is_hopeless("p99<20ms", 0)); /* without an end there is always hope */
    ck_assert(is_hopeless("a:p90<20ms", 1000));
    ck_assert(!is_hopeless("a:p89<20ms", 1000));
    ck_assert(!is_hopeless("b:p99.9<1ns", 1000));
    ck_assert(!is_hopeless("c:p99<1ns", 1000));
}
END_TEST

START_TEST(the_others_are_lost_when_they_are)
{
    add(2, 0, 500, NS_PER_S);
    ck_assert(!is_hopeless("errors<0.3%", 1000));
    ck_assert(is_hopeless("errors<0.2%", 1000));
    ck_assert(!is_hopeless("errors<=0.2%", 1000));
    ck_assert(!is_hopeless("errors<0.2%", 0));
    ck_assert(!is_hopeless("mean<=2ms", 1000));
    ck_assert(is_hopeless("mean<2ms", 1000));
    ck_assert(!is_hopeless("mean<2ms", 0));
    ck_assert(!is_hopeless("max<=1s", 0));
    ck_assert(is_hopeless("max<1s", 0));
    ck_assert(!is_hopeless("rate>=100%,throughput>=1000000", 1000));
    add(1, 0, 0, NS_PER_MS);
    ck_assert(is_hopeless("mean<1h", 0));
    ck_assert(is_hopeless("max<1h", 0));
}
END_TEST

/* Whatever comes after it was given up, it is missed at the end. */
START_TEST(what_is_hopeless_is_missed_at_the_end)
{
    enum { RUNS = 300, INTENDED = 400 };
    static const char *const texts[] = {"p99<20ms",  "p50<=10ms",  "mean<10ms",   "max<=20ms",
                                        "errors<3%", "a:p90<15ms", "b:errors<=2%"};
    uint64_t seed = 5;
    unsigned given_up = 0;
    for (unsigned i = 0; i < RUNS; i++) {
        const char *text = texts[i % (sizeof texts / sizeof texts[0])];
        bool is_lost = false;
        teardown();
        setup();
        slo = slo_parse(text, NULL);
        uint64_t shares[ROWS_ALL] = {INTENDED / 2, INTENDED / 2};
        const struct slo_progress progress = {summary->tally, &summary->rows, INTENDED, shares};
        unsigned bad = i % 9;
        for (unsigned k = 0; k < INTENDED; k++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint64_t chance = (seed >> 33) % 100;
            add(1, k % 2, chance < bad ? 0 : 200, (seed >> 40) % (26 * NS_PER_MS));
            is_lost = is_lost || slo_find_hopeless(slo, &progress) != NULL;
            if (k % 40 == 39 && is_lost) {
                ck_assert_msg(!slo_judge(slo, summary).is_met, "%s, run %u, k %u", text, i, k);
            }
        }
        given_up += is_lost;
    }
    ck_assert_uint_gt(given_up, RUNS / 10);
    ck_assert_uint_lt(given_up, RUNS);
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
    tcase_add_test(tests, one_miss_is_enough);
    tcase_add_test(tests, people_see_each_criterion_with_what_was_seen);
    tcase_add_test(tests, pipelines_get_a_list);
    tcase_add_test(tests, a_percentile_is_lost_when_too_many_of_all_are_over);
    tcase_add_test(tests, the_others_are_lost_when_they_are);
    tcase_add_test(tests, what_is_hopeless_is_missed_at_the_end);
    suite_add_tcase(suite, tests);
    return suite;
}
