#include <check.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/report_choice.h"
#include "tests/support/printed.h"
#include "tests/support/recording.h"

static struct summary *summary;
static struct report_choice choice;
static char *text;

static void setup(void)
{
    summary = summary_create();
}

static void teardown(void)
{
    free(text);
    text = NULL;
    summary_destroy(summary);
}

static void ask_for(const char *type)
{
    struct err err = {0};
    ck_assert_msg(report_choose(&choice, type, false, &err), "%s", err.text);
    tally_count_by(summary->tally, &choice.buckets);
}

static void add(uint64_t latency_ns)
{
    struct result result = {.service_ns = latency_ns, .code = 200};
    tally_add(summary->tally, &result);
}

static void expect(const char *expected)
{
    text = printed_report(choice.report, summary);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_recording_of_vegetas_has_vegetas_bars)
{
    ask_for("hist[0,2ms,10ms,20ms,50ms]");
    recording_count(summary->tally);
    char *expected = recording_read("report-hist.txt");
    expect(expected);
    free(expected);
}
END_TEST

START_TEST(the_buckets_may_be_a_flag_of_their_own)
{
    ask_for("hist[2ms, 10ms,20ms ,50ms]"); /* the first one comes by itself */
    recording_count(summary->tally);
    char *expected = recording_read("report-hist.txt");
    expect(expected);
    free(expected);
}
END_TEST

START_TEST(a_latency_on_a_bound_belongs_above_it)
{
    ask_for("hist[1000001ns,1h2m]");
    add(1000000); /* one bucket of the histogram has both */
    add(1000001);
    add(3720 * NS_PER_S - 1);
    add(3720 * NS_PER_S);
    expect("Bucket                     #  %       Histogram\n"
           "[0s,          1.000001ms]  1  25.00%  ##################\n"
           "[1.000001ms,  1h2m0s]      2  50.00%  #####################################\n"
           "[1h2m0s,      +Inf]        1  25.00%  ##################\n");
}
END_TEST

START_TEST(microseconds_are_as_wide_as_they_look)
{
    ask_for("hist[1us,10us]");
    add(500);
    expect("Bucket         #  %        Histogram\n"
           "[0s,    1µs]   1  100.00%  "
           "###########################################################################\n"
           "[1µs,   10µs]  0  0.00%    \n"
           "[10µs,  +Inf]  0  0.00%    \n");
}
END_TEST

START_TEST(no_results_have_no_bars)
{
    ask_for("hist[0,1ms]");
    expect("Bucket    #  %  Histogram\n");
}
END_TEST

START_TEST(buckets_of_parts_add_up)
{
    struct tally *part = tally_create(false, false);
    ask_for("hist[0,1ms]");
    tally_count_by(part, &summary->tally->buckets);
    add(1);
    struct result result = {.service_ns = NS_PER_MS, .code = 200};
    tally_add(part, &result);
    tally_merge(summary->tally, part);
    tally_merge(summary->tally, part);
    ck_assert_uint_eq(summary->tally->buckets.counts[0], 1);
    ck_assert_uint_eq(summary->tally->buckets.counts[1], 2);
    tally_clear(part);
    ck_assert_uint_eq(part->buckets.counts[1], 0);
    ck_assert_uint_eq(part->buckets.count, 2);
    tally_destroy(part);
}
END_TEST

Suite *hist_suite(void);
Suite *hist_suite(void)
{
    Suite *suite = suite_create("hist");
    TCase *tests = tcase_create("hist");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_recording_of_vegetas_has_vegetas_bars);
    tcase_add_test(tests, the_buckets_may_be_a_flag_of_their_own);
    tcase_add_test(tests, a_latency_on_a_bound_belongs_above_it);
    tcase_add_test(tests, microseconds_are_as_wide_as_they_look);
    tcase_add_test(tests, no_results_have_no_bars);
    tcase_add_test(tests, buckets_of_parts_add_up);
    suite_add_tcase(suite, tests);
    return suite;
}
