/* Not under tsan: one thread. */
#include <check.h>
#include <math.h>

#include "common/clock.h"
#include "loadgen/verdict/judge.h"
#include "tests/support/judged.h"
#include "tests/support/random.h"

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

/* The criterion is missed, and for certain or not. */
static void expect_certain(const char *text, bool is_certain)
{
    struct slo_finding finding = judge(text);
    ck_assert_msg(!finding.is_held, "%s: %g", text, finding.value);
    ck_assert_msg(finding.is_certain == is_certain, "%s: %g", text, finding.target_value);
}

static const char *const our_errors[] = {
    "Get \"http://a/\": dial tcp 0.0.0.0:0->127.0.0.1:80: connect: cannot assign requested address",
    "Get \"http://a/\": dial tcp 127.0.0.1:80: connect: too many open files (raise the limit)",
    "Get \"http://a/\": dial tcp 127.0.0.1:80: connect: too many open files in system",
    "Get \"http://a/\": dial tcp 127.0.0.1:80: connect: cannot allocate memory",
    "Get \"http://a/\": dial tcp 127.0.0.1:80: connect: no buffer space available",
};
enum { OUR_ERRORS = sizeof our_errors / sizeof our_errors[0] };

START_TEST(a_time_is_missed_for_certain_if_lag_and_late_reading_do_not_explain_it)
{
    judged_add(summary, 900, 0, 200, NS_PER_MS);
    judged_add_late(summary, 100, 1, 30 * NS_PER_MS, 10 * NS_PER_MS);
    expect_certain("p99<35ms", false);
    expect_certain("p99<10.1ms", false);
    expect_certain("p99<9.9ms", true);
    expect_certain("b:p50<9.9ms", true);
    expect_certain("b:mean<10.1ms", false);
    expect_certain("b:mean<9.9ms", true);
    expect_certain("max<=9.9ms", true);
    expect_certain("mean<=1.89ms", true);
    expect_certain("mean<=1.91ms", false);
    ck_assert(judge("p99<10.1ms").is_lag && !judge("p99<9.9ms").is_lag);
    summary->generator.loop_unread_ns = 2 * NS_PER_MS;
    summary->generator.throttled_most_ns = 3 * NS_PER_MS;
    expect_certain("p99<9.9ms", false);
    expect_certain("p99<5.1ms", false);
    expect_certain("p99<4.9ms", true);
    expect_certain("max<5.1ms", false);
    expect_certain("max<4.9ms", true);
    expect_certain("b:mean<5.1ms", false);
    expect_certain("b:mean<4.9ms", true);
    expect_certain("p50<=0ms", false); /* a millisecond, less 5 */
}
END_TEST

START_TEST(what_our_own_machine_lacked_is_no_certain_miss)
{
    summary->scheduled_per_s = 1000;
    judged_add(summary, 1000, 0, 200, NS_PER_MS);
    judged_add_failed(summary, 20, 1, our_errors[_i]);
    ck_assert_uint_eq(tally_own_failures(summary->tally), 20);
    expect_certain("errors<1%", false);
    expect_certain("b:errors<1%", false);
    expect_certain("p99<2ms", false);
    expect_certain("mean<2ms", false);
    expect_certain("max<2ms", false);
    expect_certain("max<0.9ms", true);
    expect_certain("throughput>=99.5%", false);
    judged_add_failed(summary, 11, 1,
                      "Get \"http://a/\": dial tcp 127.0.0.1:80: connect: connection refused");
    ck_assert_uint_eq(tally_own_failures(summary->tally), 20);
    expect_certain("errors<1%", true);
    expect_certain("errors<1.1%", false);
    expect_certain("p99<2ms", true);
    expect_certain("p98<2ms", false);
    expect_certain("mean<2ms", true);
}
END_TEST

START_TEST(what_it_was_too_late_to_start_is_no_certain_miss)
{
    summary->scheduled_per_s = 1000;
    judged_add(summary, 900, 0, 200, NS_PER_MS);
    judged_not_started(summary, 100, 0);
    summary->too_late = 100;
    expect_certain("errors<1%", false);
    expect_certain("a:errors<1%", false);
    expect_certain("p99<2ms", false);
    expect_certain("mean<2ms", false);
    judged_not_started(summary, 20, 0); /* for want of a connection */
    expect_certain("errors<1%", true);
    expect_certain("errors<2%", false);
    expect_certain("p99<2ms", true);
    expect_certain("mean<2ms", true);
    /* 900 in 0.9 s; 1000 would be 1111/s */
    expect_certain("rate>=1100", false);
    expect_certain("rate>=1120", true);
    expect_certain("throughput>=1100", false);
    expect_certain("throughput>=1120", true);
}
END_TEST

/* Judged with them failed, and as if they had been answered: the two differ. */
START_TEST(what_was_lost_with_a_worker_is_no_certain_miss)
{
    summary->scheduled_per_s = 1000;
    judged_add(summary, 900, 0, 200, NS_PER_MS);
    summary->intended += 100;
    summary->unknown = 100;
    expect_certain("errors<1%", false);
    expect_certain("p99<2ms", false);
    expect_certain("p50<0.9ms", true);
    expect_certain("throughput>=1100", false);
    expect_certain("throughput>=1120", true);
    ck_assert(judge("p90<2ms").is_held && judge("errors<11%").is_held);
}
END_TEST

START_TEST(without_lag_recorded_there_was_none)
{
    struct result bare = {.is_bare = true, .service_ns = 10 * NS_PER_MS, .code = 200};
    judged_add(summary, 50, 0, 200, NS_PER_MS);
    for (unsigned i = 0; i < 50; i++) {
        tally_add(summary->tally, &bare);
    }
    expect_certain("p99<9.9ms", true);
    expect_certain("a:p99<9.9ms", true);
    ck_assert_double_eq(judge("p99<9.9ms").response, judge("p99<9.9ms").value);
}
END_TEST

START_TEST(missing_data_is_a_certain_miss)
{
    expect_certain("p99<1h", true);
    expect_certain("rate>=1", true);
    judged_add(summary, 10, 0, 200, NS_PER_MS);
    expect_certain("c:p99<1h", true);
    expect_certain("rate>=1%", true);
    summary->is_cut_short = true;
    expect_certain("p99<1h", true);
}
END_TEST

/* Whatever happened: what is certain is missed, and a response is never above the latency. */
START_TEST(what_is_certain_is_missed)
{
    static const char *const texts[] = {"p99<20ms",     "p50<=10ms", "mean<10ms",
                                        "max<=20ms",    "errors<3%", "a:p90<15ms",
                                        "b:errors<=2%", "rate>=900", "throughput>=900"};
    struct random chance = random_seeded(7);
    unsigned certain = 0;
    unsigned uncertain = 0;
    for (unsigned i = 0; i < 450; i++) {
        judged_clear(summary);
        for (unsigned k = 0; k < 100; k++) {
            uint64_t at = random_below(&chance, 100);
            if (at < i % 7) {
                judged_add_failed(summary, 1, k % 2, at % 2 ? our_errors[0] : "EOF");
            } else {
                uint64_t late_ns = at < 10 ? random_below(&chance, 40 * NS_PER_MS) : 0;
                judged_add_late(summary, 1, k % 2, late_ns, random_below(&chance, 22 * NS_PER_MS));
            }
        }
        judged_not_started(summary, i % 5, 0);
        summary->too_late = i % 3 ? i % 5 : 0;
        summary->generator.loop_unread_ns = i % 4 * NS_PER_MS;
        struct slo_finding finding = judge(texts[i % (sizeof texts / sizeof texts[0])]);
        ck_assert(!finding.is_certain || !finding.is_held);
        ck_assert(isnan(finding.response) || finding.response <= finding.value);
        certain += finding.is_certain;
        uncertain += !finding.is_held && !finding.is_certain;
    }
    ck_assert_uint_gt(certain, 50);
    ck_assert_uint_gt(uncertain, 50);
}
END_TEST

Suite *slo_certain_suite(void);
Suite *slo_certain_suite(void)
{
    Suite *suite = suite_create("slo_certain");
    TCase *tests = tcase_create("slo_certain");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_time_is_missed_for_certain_if_lag_and_late_reading_do_not_explain_it);
    tcase_add_loop_test(tests, what_our_own_machine_lacked_is_no_certain_miss, 0, OUR_ERRORS);
    tcase_add_test(tests, what_it_was_too_late_to_start_is_no_certain_miss);
    tcase_add_test(tests, what_was_lost_with_a_worker_is_no_certain_miss);
    tcase_add_test(tests, without_lag_recorded_there_was_none);
    tcase_add_test(tests, missing_data_is_a_certain_miss);
    tcase_add_test(tests, what_is_certain_is_missed);
    suite_add_tcase(suite, tests);
    return suite;
}
