#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/measure/hdr/hdr_log.h"
#include "loadgen/report/report.h"
#include "tests/support/printed.h"

static struct histogram *h;
static struct hdr_log hdr_log;
static struct hdr_log_entry entry;
static struct err err;
static char *text;
static FILE *in;

static void setup(void)
{
    h = calloc(1, sizeof *h);
    histogram_clear(h);
    err = (struct err){0};
    text = NULL;
    in = NULL;
}

static void teardown(void)
{
    hdr_log_close(&hdr_log);
    if (in) {
        fclose(in);
    }
    free(text);
    histogram_fini(h);
    free(h);
}

static void open_text(const char *what, size_t length)
{
    in = tmpfile();
    fwrite(what, 1, length, in);
    rewind(in);
    ck_assert(hdr_log_open(&hdr_log, in, "a.hlog", &err));
}

static void expect_entry(const char *tag)
{
    ck_assert_msg(hdr_log_read(&hdr_log, &entry, h, &err) == HDR_LOG_ENTRY, "%s", err.text);
    ck_assert_str_eq(entry.tag, tag);
}

#define LEGEND                                                                                     \
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
#define VALUES                                                                                     \
    "HISTFAAAADh4nJNpmSzMwMAgysDAwMjAwMDMAAGMDAzy/0EAzmf6Kc82gbn1MuODoxxH+xmZVu9lZAIARikN9w=="

START_TEST(what_is_written_is_read_back)
{
    struct printed printed = {0};
    FILE *out = printed_open(&printed);
    hdr_log_write_head(out, UINT64_C(1700000000123) * NS_PER_MS);
    for (unsigned i = 0; i < 1000; i++) {
        histogram_record(h, 10 * NS_PER_MS);
    }
    ck_assert(hdr_log_write(out, "", "latency", 2500 * NS_PER_MS, h));
    ck_assert(hdr_log_write(out, "GET /a, 100%:", "service", 1, h));
    text = printed_close(&printed);
    ck_assert_ptr_nonnull(strstr(text, "#[BaseTime: 1700000000.123 (seconds since epoch)]\n" LEGEND
                                       "Tag=latency,0.000,2.500,10.000,HISTFAAA"));
    ck_assert_ptr_nonnull(strstr(text, "\nTag=GET%20/a%2C%20100%25:service,0.000,0.000,10.000,"));
    open_text(text, strlen(text));
    expect_entry("latency");
    ck_assert_uint_eq(h->count, 1000);
    ck_assert_uint_eq(h->buckets[histogram_bucket(10 * NS_PER_MS)], 1000);
    ck_assert_double_eq_tol(entry.start_s, 1700000000.123, 1e-6);
    ck_assert_double_eq(entry.length_s, 2.5);
    expect_entry("GET /a, 100%:service");
    ck_assert_int_eq(hdr_log_read(&hdr_log, &entry, h, &err), HDR_LOG_END);
    ck_assert_int_eq(err.code, ERR_NONE);
}
END_TEST

START_TEST(logs_of_others_are_read)
{
    static const char log[] = "#[Histogram log format version 1.3]\r\n\r\n"
                              "#[StartTime: 1700000000.5 (seconds since epoch), Tue Nov 14]\r\n"
                              "#anything\r\n" LEGEND "1700000001.5,1,0.25," VALUES "\r\n"
                              "Tag=x,7.25,0.5,0.25," VALUES;
    open_text(log, strlen(log));
    expect_entry("");
    ck_assert_uint_eq(h->count, 70206);
    ck_assert_double_eq(entry.start_s, 1700000001.5);
    expect_entry("x");
    ck_assert_double_eq(entry.start_s, 1700000007.75);
    ck_assert_int_eq(hdr_log_read(&hdr_log, &entry, h, &err), HDR_LOG_END);
}
END_TEST

static const struct {
    const char *text, *why;
} bad[] = {
    {"\n\nhello\n", "a.hlog:3: not a line of a histogram log"},
    {"Tag=x\n", "a.hlog:1: not a line"},
    {"Tag=x,1,2\n", "a.hlog:1: not a line"},
    {"1,2,inf," VALUES "\n", "a.hlog:1: not a line"},
    {"1,-2,3," VALUES "\n", "a.hlog:1: not a line"},
    {"#x\n1,2,3,HISTFAAA\n", "a.hlog:2: not a compressed histogram in HdrHistogram V2 format"},
};
enum { BAD = sizeof bad / sizeof bad[0] };

START_TEST(an_error_names_file_and_line)
{
    open_text(bad[_i].text, strlen(bad[_i].text));
    ck_assert_int_eq(hdr_log_read(&hdr_log, &entry, h, &err), HDR_LOG_FAIL);
    ck_assert_msg(strncmp(err.text, bad[_i].why, strlen(bad[_i].why)) == 0, "%s", err.text);
}
END_TEST

START_TEST(a_line_without_an_end_takes_no_more_memory)
{
    enum { SIZE = 3 << 20 };
    char *line = malloc(SIZE);
    memset(line, 'A', SIZE);
    open_text(line, SIZE);
    free(line);
    ck_assert_int_eq(hdr_log_read(&hdr_log, &entry, h, &err), HDR_LOG_FAIL);
    ck_assert_ptr_nonnull(strstr(err.text, "a.hlog:1: the line is too long"));
}
END_TEST

/* Every histogram of a summary, each with its tag. */
START_TEST(a_report_has_every_histogram)
{
    static const struct {
        const char *tag;
        uint64_t count;
    } expected[] = {
        {"latency", 3},
        {"response", 3},
        {"service", 3},
        {"connect", 3},
        {"wait", 3},
        {"lag", 3},
        {"unanswered", 1},
        {"unanswered_response", 1},
        {"loop", 7},
        {"GET /:latency", 2},
        {"GET /:response", 2},
        {"GET /:service", 2},
        {"GET /:unanswered", 0},
        {"GET /:unanswered_response", 0},
        {"b:latency", 1},
        {"b:response", 1},
        {"b:service", 1},
        {"b:unanswered", 1},
        {"b:unanswered_response", 1},
    };
    struct summary *summary = summary_create();
    rows_add(&summary->rows, "GET /");
    rows_add(&summary->rows, "b");
    for (unsigned i = 0; i < 3; i++) {
        struct result result = {.intended_ns = i * NS_PER_S, .service_ns = 5 * NS_PER_MS};
        result.row = i == 2;
        result.outcome = i == 2 ? OUTCOME_RESET : OUTCOME_ANSWERED;
        tally_add(summary->tally, &result);
    }
    for (unsigned i = 0; i < 7; i++) {
        histogram_record(&summary->tally->loop, i);
    }
    text = printed_report(&report_hdr_log, summary);
    summary_destroy(summary);
    open_text(text, strlen(text));
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        expect_entry(expected[i].tag);
        ck_assert_uint_eq(h->count, expected[i].count);
        ck_assert_double_eq(entry.length_s, 2.005);
    }
    ck_assert_int_eq(hdr_log_read(&hdr_log, &entry, h, &err), HDR_LOG_END);
}
END_TEST

Suite *hdr_log_suite(void);
Suite *hdr_log_suite(void)
{
    Suite *suite = suite_create("hdr_log");
    TCase *tests = tcase_create("hdr_log");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_written_is_read_back);
    tcase_add_test(tests, logs_of_others_are_read);
    tcase_add_loop_test(tests, an_error_names_file_and_line, 0, BAD);
    tcase_add_test(tests, a_line_without_an_end_takes_no_more_memory);
    tcase_add_test(tests, a_report_has_every_histogram);
    suite_add_tcase(suite, tests);
    return suite;
}
