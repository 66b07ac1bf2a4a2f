#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/report.h"
#include "tests/support/printed.h"
#include "tests/support/recording.h"

static struct summary *summary;
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

/* The value of the nearest rank. */
static double expected_ms(const uint64_t *sorted_ns, double quantile)
{
    size_t rank = (size_t)(quantile * RECORDING_RESULTS);
    rank += (double)rank < quantile * RECORDING_RESULTS - 1e-6;
    return (double)sorted_ns[rank > 0 ? rank - 1 : 0] / (double)NS_PER_MS;
}

/* Its values are a t-digest's, ours are those of the nearest rank; all else is the same. */
START_TEST(a_recording_of_vegetas_has_vegetas_columns)
{
    enum { VALUE_WIDTH = 11 };
    uint64_t sorted_ns[RECORDING_RESULTS];
    recording_latencies(sorted_ns);
    recording_count(summary->tally);
    text = printed_report(&report_hdrplot, summary);
    char *expected = recording_read("report-hdrplot.txt");
    const char *ours = text;
    const char *theirs = expected;
    for (size_t line = 0; *theirs; line++) {
        int end = (int)strcspn(theirs, "\n");
        ck_assert_int_eq(strcspn(ours, "\n"), end);
        int from = line > 0 ? VALUE_WIDTH : 0;
        ck_assert_msg(memcmp(ours + from, theirs + from, (size_t)(end - from)) == 0,
                      "line %zu:\n%.*s\n%.*s", line, end, ours, end, theirs);
        if (line > 0) {
            double value = expected_ms(sorted_ns, strtod(theirs + VALUE_WIDTH, NULL));
            ck_assert_double_eq_tol(strtod(ours, NULL), value, value * 0.0005 + 1e-6);
        }
        ours += end + 1;
        theirs += end + 1;
    }
    ck_assert_str_eq(ours, "");
    free(expected);
}
END_TEST

START_TEST(the_ends_are_exact)
{
    recording_count(summary->tally);
    text = printed_report(&report_hdrplot, summary);
    ck_assert_ptr_nonnull(strstr(text, "\n0.212166   0.000000    0 "));
    ck_assert_ptr_nonnull(strstr(text, "\n74.185454  1.000000    120 "));
}
END_TEST

START_TEST(no_results_have_percentiles_of_zero)
{
    text = printed_report(&report_hdrplot, summary);
    ck_assert_ptr_nonnull(strstr(text, "\n0.000000   0.990625    0           106.666667\n"));
}
END_TEST

Suite *hdrplot_suite(void);
Suite *hdrplot_suite(void)
{
    Suite *suite = suite_create("hdrplot");
    TCase *tests = tcase_create("hdrplot");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_recording_of_vegetas_has_vegetas_columns);
    tcase_add_test(tests, the_ends_are_exact);
    tcase_add_test(tests, no_results_have_percentiles_of_zero);
    suite_add_tcase(suite, tests);
    return suite;
}
