/* What is called right, wrong and unclear: reports that are made up, against a server's account. */
#include <check.h>
#include <string.h>

#include "loadgen/selftest/known_answers.h"

static struct summary *summary;
static struct null_account account;

static void setup(void)
{
    summary = summary_create();
    ck_assert_ptr_nonnull(summary);
    summary->wall_start_ns = 1000 * NS_PER_S;
    summary->generator.threads = 1;
    summary->generator.cpu_limit = 1;
    summary->generator.wall_seconds = 1.5;
    account = (struct null_account){0};
}

static void teardown(void)
{
    summary_destroy(summary);
}

/* Results with this latency, all of it service. */
static void report(uint64_t count, uint64_t latency_ns)
{
    struct tally *tally = summary->tally;
    for (uint64_t i = 0; i < count; i++) {
        histogram_record(&tally->latency, latency_ns);
        histogram_record(&tally->response, latency_ns);
        histogram_record(&tally->service, latency_ns);
        tally->counters.ended++;
        tally->counters.answered++;
        summary->intended++;
    }
}

static void expect(enum known_answer_name name, enum known_outcome outcome)
{
    struct known_answer answer = known_answer_judge(name, summary, &account);
    ck_assert_msg(answer.outcome == outcome, "%s: %s: %s", known_answer_names[name],
                  known_outcome_names[answer.outcome], answer.text);
    ck_assert_uint_gt(strlen(answer.text), 0);
}

/* The generator was throttled for a third of the time. */
static void disturb(void)
{
    summary->generator.has_throttled = true;
    summary->generator.throttled_seconds = 0.5;
}

static void stall(void)
{
    account.stalled_from_ns = summary->wall_start_ns + NS_PER_S / 2;
    account.stalled_ns = KNOWN_STALL_NS;
}

/* 200 ms at 500/s: 50 requests were due 100 ms or more before its end. */
START_TEST(a_stall_is_in_the_latency_of_all_that_were_due)
{
    stall();
    report(700, NS_PER_MS);
    report(50, 150 * NS_PER_MS);
    expect(KNOWN_STALL, KNOWN_RIGHT);
}
END_TEST

START_TEST(one_latency_for_a_stall_is_wrong)
{
    stall();
    report(749, NS_PER_MS);
    report(1, 200 * NS_PER_MS);
    expect(KNOWN_STALL, KNOWN_WRONG);
}
END_TEST

START_TEST(too_many_long_latencies_are_wrong_or_the_generators)
{
    stall();
    report(600, NS_PER_MS);
    report(150, 150 * NS_PER_MS);
    expect(KNOWN_STALL, KNOWN_WRONG);
    disturb();
    expect(KNOWN_STALL, KNOWN_UNCLEAR);
}
END_TEST

START_TEST(a_stall_that_the_run_did_not_see_whole_is_unclear)
{
    report(750, NS_PER_MS);
    expect(KNOWN_STALL, KNOWN_UNCLEAR);
    stall();
    account.stalled_from_ns = summary->wall_start_ns - 1;
    expect(KNOWN_STALL, KNOWN_UNCLEAR);
    account.stalled_from_ns = summary->wall_start_ns + 19 * NS_PER_S / 10;
    expect(KNOWN_STALL, KNOWN_UNCLEAR);
}
END_TEST

START_TEST(a_delay_is_the_least_latency)
{
    report(100, KNOWN_DELAY_NS + NS_PER_MS);
    account.delayed = 100;
    account.delay_ns = 100 * KNOWN_DELAY_NS;
    expect(KNOWN_DELAY, KNOWN_RIGHT);
}
END_TEST

START_TEST(a_latency_below_the_delay_is_wrong_whatever_happened)
{
    disturb();
    report(99, KNOWN_DELAY_NS + NS_PER_MS);
    report(1, KNOWN_DELAY_NS - NS_PER_MS);
    account.delayed = 100;
    account.delay_ns = 100 * KNOWN_DELAY_NS;
    expect(KNOWN_DELAY, KNOWN_WRONG);
}
END_TEST

START_TEST(less_service_than_delay_is_wrong)
{
    report(100, KNOWN_DELAY_NS + NS_PER_MS);
    account.delayed = 100;
    account.delay_ns = 100 * (KNOWN_DELAY_NS + 2 * NS_PER_MS);
    expect(KNOWN_DELAY, KNOWN_WRONG);
}
END_TEST

START_TEST(a_least_latency_far_over_the_delay_is_wrong_or_the_generators)
{
    report(100, 2 * KNOWN_DELAY_NS);
    account.delayed = 100;
    account.delay_ns = 100 * KNOWN_DELAY_NS;
    expect(KNOWN_DELAY, KNOWN_WRONG);
    disturb();
    expect(KNOWN_DELAY, KNOWN_UNCLEAR);
}
END_TEST

START_TEST(failures_are_counted_exactly)
{
    report(750, NS_PER_MS);
    account.refused = 37;
    account.broken = 15;
    summary->tally->codes[503] = 37;
    summary->tally->counters.failed = 15;
    expect(KNOWN_FAILURES, KNOWN_RIGHT);
    summary->tally->codes[503] = 36;
    expect(KNOWN_FAILURES, KNOWN_WRONG);
    summary->tally->codes[503] = 37;
    summary->tally->counters.failed = 16;
    expect(KNOWN_FAILURES, KNOWN_WRONG);
    summary->tally->counters.timed_out = 1;
    expect(KNOWN_FAILURES, KNOWN_UNCLEAR);
}
END_TEST

Suite *known_answers_suite(void);
Suite *known_answers_suite(void)
{
    Suite *suite = suite_create("known_answers");
    TCase *tests = tcase_create("known_answers");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_stall_is_in_the_latency_of_all_that_were_due);
    tcase_add_test(tests, one_latency_for_a_stall_is_wrong);
    tcase_add_test(tests, too_many_long_latencies_are_wrong_or_the_generators);
    tcase_add_test(tests, a_stall_that_the_run_did_not_see_whole_is_unclear);
    tcase_add_test(tests, a_delay_is_the_least_latency);
    tcase_add_test(tests, a_latency_below_the_delay_is_wrong_whatever_happened);
    tcase_add_test(tests, less_service_than_delay_is_wrong);
    tcase_add_test(tests, a_least_latency_far_over_the_delay_is_wrong_or_the_generators);
    tcase_add_test(tests, failures_are_counted_exactly);
    suite_add_tcase(suite, tests);
    return suite;
}
