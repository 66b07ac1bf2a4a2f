#include <check.h>
#include <stdint.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/report.h"

static struct summary *summary;
static char said[8][512];
static size_t count;

static void setup(void)
{
    summary = summary_create();
    summary->has_plan = true;
    summary->intended = 200;
    summary->generator = (struct generator){
        .threads = 2, .cpu_limit = 2, .cpu_seconds = 1, .wall_seconds = 1, .has_throttled = true};
    for (uint64_t k = 0; k < 200; k++) {
        struct result result = {.lag_ns = RESULT_LATE_NS, .service_ns = 1000, .code = 200};
        tally_add(summary->tally, &result);
    }
    count = 0;
}

static void teardown(void)
{
    summary_destroy(summary);
}

static void note(void *context, const char *sentence)
{
    ck_assert_ptr_eq(context, &count);
    strncpy(said[count++], sentence, sizeof said[0] - 1);
}

/* Exactly this one remark, or none for NULL. */
static void expect_only(const char *sentence)
{
    count = 0;
    size_t returned = report_remarks(summary, note, &count);
    ck_assert_uint_eq(returned, count);
    ck_assert_msg(count == (sentence != NULL), "%zu remarks, the first is: %s", count, said[0]);
    if (sentence) {
        ck_assert_str_eq(said[0], sentence);
    }
}

START_TEST(a_good_run_has_none)
{
    expect_only(NULL);
}
END_TEST

START_TEST(an_idle_generator_without_numbers_has_none)
{
    memset(&summary->generator, 0, sizeof summary->generator);
    expect_only(NULL);
}
END_TEST

START_TEST(a_file_that_was_cut_short)
{
    summary->is_cut_short = true;
    expect_only("The results were cut short: the run has no end, so what was intended and not "
                "started is unknown, and requests may be missing.");
}
END_TEST

START_TEST(results_that_do_not_say_when_they_were_started)
{
    struct result bare = {.is_bare = true, .service_ns = 5, .code = 200};
    tally_add(summary->tally, &bare);
    summary->unplanned = 1;
    ck_assert_uint_eq(report_remarks(summary, note, &count), 2);
    ck_assert_str_eq(said[0],
                     "1 of 201 results does not say when the request was started (the rate takes "
                     "the timestamp), nor anything of service, connect, wait, lag, retries and "
                     "redirects.");
    ck_assert_str_eq(said[1], "Of 1 result it is not known what was intended; only what is "
                              "there counts as that.");
    tally_clear(summary->tally);
    tally_add(summary->tally, &bare);
    summary->has_plan = false;
    expect_only("The rate is that of the timestamps, because these results do not say when "
                "requests were started.");
}
END_TEST

START_TEST(names_that_share_a_row)
{
    summary->addresses.others = 7;
    expect_only("7 addresses share the row \"other\", because only the first 64 ones have rows of "
                "their own.");
}
END_TEST

START_TEST(a_file_that_is_damaged)
{
    summary->damaged = 3;
    expect_only("Results are missing: 3 places could not be read.");
    count = 0;
    strcpy(summary->loss, "r.json: line 7, byte 99: it is no JSON object");
    expect_only("Results are missing: 3 places could not be read, the first in r.json: line 7, "
                "byte 99: it is no JSON object.");
}
END_TEST

START_TEST(a_run_that_was_stopped)
{
    summary->is_interrupted = true;
    expect_only("The run was stopped before its time.");
}
END_TEST

START_TEST(requests_that_were_not_started)
{
    summary->intended = 250;
    summary->not_started = 50;
    expect_only("50 of 250 requests (20.00%) were not started, because no allowed connection was "
                "free when the time was up; the rate asked for was not sent. The target is too "
                "slow for it, or -max-workers or -max-connections too low.");
}
END_TEST

START_TEST(requests_over_a_millisecond_late)
{
    struct result result = {.lag_ns = RESULT_LATE_NS + 1, .code = 200};
    expect_only(NULL); /* a millisecond is not over a millisecond */
    tally_add(summary->tally, &result);
    ck_assert_uint_eq(summary->tally->counters.late, 1);
    expect_only("1 request (0.50%) was sent over 1ms late by the generator itself (99th "
                "percentile of lag: 1ms).");
}
END_TEST

START_TEST(times_too_long_to_be_recorded)
{
    struct result result = {.service_ns = HISTOGRAM_MAX_NS + 1, .code = 200};
    tally_add(summary->tally, &result);
    expect_only("2 times were too long to be recorded; percentiles are too low.");
}
END_TEST

START_TEST(a_reader_that_held_the_attack_back)
{
    summary->generator.held_back_ns = 1500 * NS_PER_MS;
    expect_only("Whoever reads the results was too slow, and held the attack back for 1.5s "
                "(summed over 2 threads). Write them to a file with -output, or keep none with "
                "-encoding none.");
}
END_TEST

START_TEST(one_is_not_many)
{
    static const char *const expected[] = {
        "Results are missing: 1 place could not be read.",
        "The file says nothing of 1 second of the run, because its reader was too slow; no result "
        "is missing.",
        "1 target shares the row \"other\", because only the first 64 names have rows of their "
        "own.",
        "1 of 1 request (100.00%) was not started, because the generator itself was too far behind "
        "when the time was up; the rate asked for was not sent. Give it more CPU, or ask for less.",
        "Whoever reads the results was too slow, and held the attack back for 1s (summed over 1 "
        "thread). Write them to a file with -output, or keep none with -encoding none.",
    };
    summary->damaged = summary->lost_seconds = 1;
    summary->rows.others = 1;
    summary->intended = summary->not_started = summary->too_late = 1;
    summary->generator.threads = 1;
    summary->generator.held_back_ns = NS_PER_S;
    ck_assert_uint_eq(report_remarks(summary, note, &count), sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_str_eq(said[i], expected[i]);
    }
}
END_TEST

START_TEST(all_that_is_true_is_said)
{
    summary->is_cut_short = true;
    summary->damaged = 1;
    summary->is_interrupted = true;
    summary->not_started = 1;
    summary->generator.cpu_seconds = 2;
    summary->generator.throttled_seconds = 1;
    summary->generator.held_back_ns = 1;
    ck_assert_uint_eq(report_remarks(summary, note, &count), 5);
    ck_assert_uint_eq(count, 5);
}
END_TEST

Suite *remarks_suite(void);
Suite *remarks_suite(void)
{
    Suite *suite = suite_create("remarks");
    TCase *tests = tcase_create("remarks");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_good_run_has_none);
    tcase_add_test(tests, an_idle_generator_without_numbers_has_none);
    tcase_add_test(tests, a_file_that_was_cut_short);
    tcase_add_test(tests, results_that_do_not_say_when_they_were_started);
    tcase_add_test(tests, names_that_share_a_row);
    tcase_add_test(tests, a_file_that_is_damaged);
    tcase_add_test(tests, a_run_that_was_stopped);
    tcase_add_test(tests, requests_that_were_not_started);
    tcase_add_test(tests, requests_over_a_millisecond_late);
    tcase_add_test(tests, times_too_long_to_be_recorded);
    tcase_add_test(tests, a_reader_that_held_the_attack_back);
    tcase_add_test(tests, one_is_not_many);
    tcase_add_test(tests, all_that_is_true_is_said);
    suite_add_tcase(suite, tests);
    return suite;
}
