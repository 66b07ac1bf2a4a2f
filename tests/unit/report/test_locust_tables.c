/*
 * Locust's tables, from the requests that Locust itself was recorded with. Percentiles and the
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

#include "loadgen/report/locust/csv.h"
#include "loadgen/report/locust/table.h"
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

/* Tables. */

/* Hides the median of a row, which the last bar follows, and the rates behind it. */
static void mask_request(char *line, bool hides_rates)
{
    char *bar = strrchr(line, '|');
    if (bar && bar[-1] == ' ' && bar[1] == ' ' && line[0] != '-') {
        memset(bar - 8, '#', 7);
        memset(bar + 1, hides_rates ? '#' : bar[1], hides_rates ? strlen(bar + 1) : 1);
    }
}

/* Hides the percentiles of a row: 9 columns, and 7 for each of the others; the count follows. */
static void mask_percentiles(char *line)
{
    enum { COUNT = 7, PERCENTILES = 9 + 7 * (LOCUST_PERCENTILES_ALL - 1) };
    size_t length = strlen(line);
    if (length > COUNT + PERCENTILES && line[0] != '-') {
        memset(line + length - COUNT - PERCENTILES, '#', PERCENTILES);
    }
}

static void mask(char *text, bool hides_rates)
{
    bool is_title = false;
    enum { REQUESTS, RANKS, ERRORS } table = REQUESTS;
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        is_title = strncmp(line, "Type ", 5) == 0;
        table = strncmp(line, "Response time", 13) == 0 ? RANKS : table;
        table = strcmp(line, "Error report") == 0 ? ERRORS : table;
        if (table == REQUESTS && !is_title) {
            mask_request(line, hides_rates);
        } else if (table == RANKS && !is_title) {
            mask_percentiles(line);
        }
        *end = '\n';
        line = end + 1;
    }
}

static void expect_recorded(const char *name, bool hides_rates)
{
    char *expected = locust_recording_read(name);
    mask(expected, hides_rates);
    mask(printed.text, hides_rates);
    ck_assert_str_eq(printed.text, expected);
    free(expected);
}

static void print_final(int columns)
{
    FILE *out = printed_open(&printed);
    locust_table_requests(recording->stats, NULL, columns, out);
    locust_table_percentiles(recording->stats, columns, out);
    locust_table_errors(recording->errors, columns, out);
    printed_close(&printed);
}

static const struct {
    int columns;
    const char *name;
} widths[] = {
    {0, "console-final.txt"},
    {160, "console-final.txt"},
    {500, "console-final.txt"},
    {120, "console-final-120-columns.txt"},
    {100, "console-final-100-columns.txt"},
};

START_TEST(final_tables_are_the_recorded_ones_but_for_percentiles)
{
    locust_recording_feed(recording, false);
    print_final(widths[_i].columns);
    expect_recorded(widths[_i].name, false);
}
END_TEST

START_TEST(a_periodic_table_has_the_rates_of_the_last_ten_seconds)
{
    locust_recording_feed(recording, false);
    locust_table_requests(recording->stats, recording->recent, 0, printed_open(&printed));
    printed_close(&printed);
    /* 511 requests in 30 s, 349 in 20 s; 24 and 18 failures */
    ck_assert_ptr_nonnull(strstr(printed.text, " |   16.20        0.60\n"));
    expect_recorded("console-periodic.txt", true);
}
END_TEST

/* In the table of requests, names have 4 columns at 80 and less, and none at 84. */
START_TEST(a_narrow_terminal_has_no_column_of_names)
{
    static const struct {
        int columns;
        const char *row;
    } narrow[] = {{1, "GET      /        301"},
                  {80, "GET      /        301"},
                  {83, "GET      /     301"},
                  {84, "GET      /     301"},
                  {86, "GET      /      301"}};
    locust_recording_feed(recording, false);
    print_final(narrow[_i].columns);
    char expected[256];
    snprintf(
        expected, sizeof expected,
        "\n--------|%s|-------|-------------|-------|-------|-------|-------|--------|-----------\n"
        "%s     1(0.33%%) |     11",
        narrow[_i].columns == 86 ? "--" : "", narrow[_i].row);
    ck_assert_msg(strstr(printed.text, expected) != NULL, "%s not in %s", expected, printed.text);
}
END_TEST

START_TEST(nothing_is_a_total_of_zeroes)
{
    locust_table_requests(recording->stats, NULL, 100, printed_open(&printed));
    locust_table_percentiles(recording->stats, 100, printed.out);
    locust_table_errors(recording->errors, 100, printed.out);
    ck_assert_str_eq(
        printed_close(&printed),
        "Type     Name              # reqs      # fails |    Avg     Min     Max    Med |   req/s  "
        "failures/s\n"
        "--------|----------------|-------|-------------|-------|-------|-------|-------|--------|-"
        "----------\n"
        "--------|----------------|-------|-------------|-------|-------|-------|-------|--------|-"
        "----------\n"
        "         Aggregated             0     0(0.00%) |      0       0       0      0 |    0.00  "
        " "
        "     0.00\n\n"
        "Response time percentiles (approximated)\n"
        "Type     Name                      50%    66%    75%    80%    90%    95%    98%    99%  "
        "99.9% 99.99%   100% # reqs\n"
        "--------|--------------------|--------|------|------|------|------|------|------|------|--"
        "----|------|------|------\n"
        "--------|--------------------|--------|------|------|------|------|------|------|------|--"
        "----|------|------|------\n\n");
}
END_TEST

/* Percentiles. */

static void expect_percentiles(const struct locust_row *row)
{
    static const double ranks[] = {.5, .66, .75, .8, .9, .95, .98, .99, .999, .9999, 1};
    double ms[LOCUST_RECORDING_TIMES];
    size_t count = locust_recording_times(recording, row, ms);
    ck_assert_uint_eq(count, row->timed);
    for (size_t i = 0; i < LOCUST_PERCENTILES_ALL && count > 0; i++) {
        double exact = ms[(size_t)ceil(ranks[i] * (double)count - 1e-9) - 1];
        double got = (double)row->percentiles_ns[i] / (double)NS_PER_MS;
        ck_assert_msg(fabs(got - exact) <= 0.0005 * exact, "%s: %g for %g", row->name, got, exact);
    }
}

START_TEST(percentiles_are_those_of_all_times_by_nearest_rank)
{
    locust_recording_feed(recording, false);
    for (size_t i = 0; i < recording->stats->count; i++) {
        expect_percentiles(&recording->stats->rows[i]);
    }
    expect_percentiles(&recording->stats->total);
    print_final(100);
    ck_assert_ptr_nonnull(strstr(printed.text, "POST     /none                  4     0(0.00%) |"
                                               "      0       0       0      0 |"));
    /* not beyond the minimum and maximum of the table */
    ck_assert_ptr_nonnull(strstr(printed.text, " |     14      13      14     14 |"));
    ck_assert_ptr_nonnull(strstr(printed.text, " |     12      12      12     12 |"));
}
END_TEST

/* Locust's table of requests, unlike that of percentiles, has a blank more after long methods. */
START_TEST(long_methods_are_as_in_locust)
{
    uint16_t row = rows_add(&recording->rows, "A PROPFIND /a");
    const struct result result = {
        .row = row, .intended_ns = LOCUST_RECORDING_START_NS, .service_ns = NS_PER_MS, .code = 200};
    tally_add(recording->total, &result);
    locust_stats_take(recording->stats, recording->total, &recording->rows,
                      LOCUST_RECORDING_START_NS);
    print_final(90);
    ck_assert_ptr_nonnull(strstr(printed.text, "\nPROPFIND  /a           1     0(0.00%) |"));
    ck_assert_ptr_nonnull(strstr(printed.text, "\nPROPFIND /a                1      1 "));
}
END_TEST

START_TEST(rows_without_a_method_and_errors_without_a_row)
{
    static char names[ROWS_MAX + 1][8];
    for (size_t i = 0; i <= ROWS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        uint16_t row = rows_add(&recording->rows, names[i]);
        for (size_t k = 0; k < 3; k++) {
            char text[32];
            snprintf(text, sizeof text, "error %zu", k);
            const struct result result = {.row = row,
                                          .intended_ns = LOCUST_RECORDING_START_NS + 100 * k + i,
                                          .code = 500,
                                          .error = text_pool_intern(&recording->texts, text)};
            tally_add(recording->total, &result);
        }
    }
    locust_stats_take(recording->stats, recording->total, &recording->rows,
                      LOCUST_RECORDING_START_NS);
    locust_errors_take(recording->errors, recording->stats, recording->total);
    ck_assert_uint_eq(recording->stats->count, ROWS_ALL);
    ck_assert_str_eq(recording->stats->rows[recording->stats->count - 1].name, "other");
    uint64_t count = 0;
    for (size_t i = 0; i < recording->errors->count; i++) {
        count += recording->errors->list[i].count;
    }
    ck_assert_uint_eq(count, 3 * ((uint64_t)ROWS_MAX + 1));
    print_final(0);
    ck_assert_ptr_nonnull(strstr(printed.text, "\n1                  n0: error 0  "));
    ck_assert_ptr_nonnull(
        strstr(printed.text, "\n515                other errors: too many kinds"));
    locust_csv_failures(recording->errors, 0, printed_open(&printed));
    ck_assert_ptr_nonnull(
        strstr(printed_close(&printed), "\r\n,,other errors: too many kinds to list,515,"));
}
END_TEST

Suite *locust_tables_suite(void);
Suite *locust_tables_suite(void)
{
    Suite *suite = suite_create("locust_tables");
    TCase *tcase = tcase_create("locust_tables");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, final_tables_are_the_recorded_ones_but_for_percentiles, 0,
                        sizeof widths / sizeof widths[0]);
    tcase_add_test(tcase, a_periodic_table_has_the_rates_of_the_last_ten_seconds);
    tcase_add_loop_test(tcase, a_narrow_terminal_has_no_column_of_names, 0, 5);
    tcase_add_test(tcase, nothing_is_a_total_of_zeroes);
    tcase_add_test(tcase, percentiles_are_those_of_all_times_by_nearest_rank);
    tcase_add_test(tcase, long_methods_are_as_in_locust);
    tcase_add_test(tcase, rows_without_a_method_and_errors_without_a_row);
    suite_add_tcase(suite, tcase);
    return suite;
}
