/*
 * Locust's CSV files, from the requests that Locust itself was recorded with. Percentiles and the
 * rates of the last seconds are ours.
 *
 * Not under tsan: one thread.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/text/csv.h"
#include "loadgen/report/locust/csv.h"
#include "tests/support/locust_recording.h"

static struct locust_recording *recording;
static struct printed printed;

static void setup(void)
{
    recording = locust_recording_open();
}

static void teardown(void)
{
    printed_free(&printed);
    locust_recording_close(recording);
}

enum { FIELDS_MAX = 24 };

/* The fields of a line; the text is overwritten. */
static size_t next_line(struct csv *csv, const char *fields[FIELDS_MAX])
{
    char *field = NULL;
    size_t count = csv_next(csv, &field);
    ck_assert_uint_le(count, FIELDS_MAX);
    for (size_t i = 0; i < count; i++) {
        fields[i] = field;
        field += strlen(field) + 1;
    }
    return count;
}

static void expect_line_ends(const char *text)
{
    size_t length = strlen(text);
    ck_assert_str_eq(text + length - 2, "\r\n");
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n')) {
        ck_assert_int_eq(at[-1], '\r');
    }
}

static void expect_close(const char *got, const char *expected, double share)
{
    double exact = strtod(expected, NULL);
    ck_assert_msg(fabs(strtod(got, NULL) - exact) <= share * fabs(exact), "%s instead of %s", got,
                  expected);
}

/* Counts, average, extremes and size; the median is the third, and ours. */
static void expect_totals(const char *const *got, const char *const *expected)
{
    static const size_t equal[] = {0, 1, 4, 5, 6};
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++) {
        ck_assert_str_eq(got[equal[i]], expected[equal[i]]);
    }
    expect_close(got[3], expected[3], 1e-12); /* Locust's sum is a float */
}

START_TEST(the_file_of_requests_is_the_recorded_one_but_for_percentiles)
{
    const char *got[FIELDS_MAX];
    const char *expected[FIELDS_MAX];
    char *file = locust_recording_read("stats.csv");
    locust_recording_feed(recording, false);
    locust_csv_stats(recording->stats, printed_open(&printed));
    printed_close(&printed);
    expect_line_ends(printed.text);
    ck_assert(strncmp(printed.text, file, strcspn(file, "\n")) == 0);
    ck_assert_ptr_nonnull(strstr(printed.text, "\r\nGET,\"/search?q=<a>&b=\"\"c\"\",d\",7,0,"));
    struct csv ours = csv_of(printed.text, printed.length);
    struct csv theirs = csv_of(file, strlen(file));
    size_t lines = 0;
    for (size_t count = 0; (count = next_line(&theirs, expected)) > 0; lines++) {
        ck_assert_uint_eq(next_line(&ours, got), count);
        ck_assert_str_eq(got[0], expected[0]);
        ck_assert_str_eq(got[1], expected[1]);
        if (lines > 0) {
            expect_totals(got + 2, expected + 2);
            expect_close(got[9], expected[9], 1e-8); /* Locust's clock is a float */
            expect_close(got[10], expected[10], 1e-8);
        }
    }
    ck_assert_uint_eq(lines, 13);
    ck_assert_uint_eq(next_line(&ours, got), 0);
    free(file);
}
END_TEST

START_TEST(numbers_of_files_are_read_back_as_the_same)
{
    locust_recording_feed(recording, false);
    locust_csv_stats(recording->stats, printed_open(&printed));
    printed_close(&printed);
    /* 100 ms and above have all digits before the point, also as percentiles */
    ck_assert_ptr_nonnull(strstr(printed.text, ",1.009,250.0,12.0,"));
    ck_assert_ptr_nonnull(strstr(printed.text, ",0,123456.789,18.0,"));
    ck_assert_ptr_nonnull(strstr(printed.text, ",123457,123457\r\n"));
    ck_assert_ptr_nonnull(strstr(printed.text, "POST,/none,4,0,0,0.0,0,0,0.0,"));
    ck_assert_ptr_nonnull(strstr(printed.text, ",40.2,40.25,40.25,40.25,5.0,"));
}
END_TEST

START_TEST(the_file_of_failures_has_the_recorded_ones)
{
    const char *fields[FIELDS_MAX];
    char *file = locust_recording_read("failures.csv");
    locust_recording_feed(recording, false);
    locust_csv_failures(recording->errors,
                        (uint64_t)LOCUST_RECORDING_UNIX_START * NS_PER_S -
                            LOCUST_RECORDING_START_NS,
                        printed_open(&printed));
    printed_close(&printed);
    expect_line_ends(printed.text);
    /* each of theirs, in any order, with two columns more */
    size_t lines = 0;
    for (char *line = strchr(file, '\n') + 1; *line; lines++) {
        char *end = strchr(line, '\r');
        *end = ',';
        end[1] = '\0';
        ck_assert_msg(strstr(printed.text, line) != NULL, "no %s in %s", line, printed.text);
        line = end + 2;
    }
    struct csv ours = csv_of(printed.text, printed.length);
    ck_assert_uint_eq(next_line(&ours, fields), 6);
    ck_assert_str_eq(fields[4], "First Seen");
    ck_assert_str_eq(fields[5], "Last Seen");
    ck_assert_uint_eq(next_line(&ours, fields), 6);
    ck_assert_str_eq(fields[1], "/login"); /* 1.41 s after the start, and last 26.94 s */
    ck_assert_str_eq(fields[4], "2023-11-14T22:13:21Z");
    for (lines--; lines > 0; lines--) {
        ck_assert_uint_eq(next_line(&ours, fields), 6);
    }
    ck_assert_uint_eq(next_line(&ours, fields), 0);
    free(file);
}
END_TEST

/* Total requests of the lines "Aggregated" so far, by second. */
static void expect_rates(const char *const *got,
                         const uint64_t totals[LOCUST_RECORDING_SECONDS + 1], size_t second)
{
    char expected[32];
    size_t before = second > LOCUST_RECENT ? second - LOCUST_RECENT : 0;
    snprintf(expected, sizeof expected, "%.6f",
             (double)(totals[second] - totals[before]) / (double)(second - before));
    ck_assert_str_eq(got[4], expected);
}

static void expect_history(const char *name)
{
    const char *got[FIELDS_MAX] = {NULL};
    const char *expected[FIELDS_MAX] = {NULL};
    uint64_t totals[LOCUST_RECORDING_SECONDS + 1] = {0};
    char *file = locust_recording_read(name);
    expect_line_ends(recording->history.text);
    ck_assert(strncmp(recording->history.text, file, strcspn(file, "\n")) == 0);
    struct csv ours = csv_of(recording->history.text, recording->history.length);
    struct csv theirs = csv_of(file, strlen(file));
    next_line(&ours, got);
    next_line(&theirs, expected);
    for (size_t count = 0; (count = next_line(&theirs, expected)) > 0;) {
        ck_assert_uint_eq(next_line(&ours, got), count);
        for (size_t i = 0; i < 4; i++) {
            ck_assert_str_eq(got[i], expected[i]);
        }
        expect_totals(got + 17, expected + 17);
        size_t second = (size_t)(strtoull(got[0], NULL, 10) - LOCUST_RECORDING_UNIX_START);
        if (strcmp(got[3], "Aggregated") == 0) {
            totals[second] = strtoull(got[17], NULL, 10);
            expect_rates(got, totals, second);
        }
    }
    ck_assert_uint_eq(totals[LOCUST_RECORDING_SECONDS], 511);
    ck_assert_uint_eq(next_line(&ours, got), 0);
    free(file);
}

START_TEST(the_history_has_the_recorded_totals)
{
    locust_recording_feed(recording, false);
    expect_history("stats_history.csv");
}
END_TEST

START_TEST(the_full_history_has_the_recorded_totals_and_recent_percentiles)
{
    locust_recording_feed(recording, true);
    /* once 7 s after the start, and not any more */
    ck_assert_ptr_nonnull(
        strstr(recording->history.text,
               "1700000017,0,WSR,connect,0.100000,0.000000,12,12,12,12,12,12,12,12,"
               "12,12,12,1,0,12,12.0,12.0,12.0,0.0\r\n"));
    ck_assert_ptr_nonnull(
        strstr(recording->history.text,
               "1700000018,0,WSR,connect,0.000000,0.000000,0,0,0,0,0,0,0,0,0,0,0,1,"
               "0,12,12.0,12.0,12.0,0.0\r\n"));
    expect_history("stats_history_full.csv");
}
END_TEST

START_TEST(a_history_without_requests_has_no_percentiles)
{
    recording->recent = locust_recent_create(true);
    locust_csv_history(recording->stats, recording->recent, 7, 3, printed_open(&printed));
    ck_assert_str_eq(printed_close(&printed),
                     "7,3,,Aggregated,0.000000,0.000000,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,"
                     "N/A,0,0,0,0.0,0,0,0\r\n");
}
END_TEST

START_TEST(exceptions_have_a_row_each)
{
    struct exceptions exceptions;
    exceptions_init(&exceptions);
    exceptions_add(&exceptions, "a.lua:1: \"x\", y\nstack traceback:\n\tfirst\n\tsecond");
    exceptions_count(&exceptions, "a.lua:2: z", "", 3);
    locust_csv_exceptions(&exceptions, printed_open(&printed));
    ck_assert_str_eq(printed_close(&printed),
                     "Count,Message,Traceback,Nodes\r\n"
                     "1,\"a.lua:1: \"\"x\"\", y\",\"first\nsecond\",local\r\n"
                     "3,a.lua:2: z,,local\r\n");
    exceptions_fini(&exceptions);
}
END_TEST

Suite *locust_csv_suite(void);
Suite *locust_csv_suite(void)
{
    Suite *suite = suite_create("locust_csv");
    TCase *tcase = tcase_create("locust_csv");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_file_of_requests_is_the_recorded_one_but_for_percentiles);
    tcase_add_test(tcase, numbers_of_files_are_read_back_as_the_same);
    tcase_add_test(tcase, the_file_of_failures_has_the_recorded_ones);
    tcase_add_test(tcase, the_history_has_the_recorded_totals);
    tcase_add_test(tcase, the_full_history_has_the_recorded_totals_and_recent_percentiles);
    tcase_add_test(tcase, a_history_without_requests_has_no_percentiles);
    tcase_add_test(tcase, exceptions_have_a_row_each);
    suite_add_tcase(suite, tcase);
    return suite;
}
