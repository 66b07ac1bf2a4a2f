/* What is taken from a page of metrics, and what is not. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/scrape/reading.h"

static struct reading reading;
static struct err err;

static void setup(void)
{
    err = (struct err){.code = ERR_NONE};
}

static void read_text(const char *text)
{
    ck_assert_msg(reading_parse(&reading, slice_of(text), "/metrics", &err), "%s", err.text);
}

static void expect_value(enum reading_value value, double expected)
{
    ck_assert(reading.has[value]);
    ck_assert_double_eq(reading.values[value], expected);
}

START_TEST(samples_are_added_up)
{
    read_text("http_requests_total{route=\"/a\",code=\"200\"} 10\n"
              "process_cpu_seconds_total 1.5\n"
              "http_requests_total{route=\"/b\",code=\"500\"} 3\n"
              "http_requests_totals 1000\n"
              "target_info{version=\"1\",pod=\"api-1\",node=\"n 2\"} 1\n");
    expect_value(READING_SERVED, 13);
    expect_value(READING_CPU_SECONDS, 1.5);
    ck_assert(!reading.has[READING_THROTTLED_SECONDS] && !reading.has[READING_OOM_KILLS]);
    ck_assert_str_eq(reading.pod, "api-1");
    ck_assert_str_eq(reading.node, "n 2");
}
END_TEST

START_TEST(requests_for_the_page_itself_do_not_count)
{
    read_text("http_requests_total{handler=\"/metrics\",method=\"GET\"} 99\n"
              "http_requests_total{handler=\"/metrics2\",method=\"GET\"} 5\n");
    expect_value(READING_SERVED, 5);
}
END_TEST

START_TEST(the_standard_name_wins)
{
    read_text("cgroup_cpu_usage_seconds_total 8\nprocess_cpu_seconds_total 4\n"
              "container_cpu_usage_seconds_total 6\n");
    expect_value(READING_CPU_SECONDS, 4);
    read_text("http_request_duration_seconds_count{a=\"1\"} 8\n"
              "http_request_duration_seconds_count{a=\"2\"} 8\n");
    expect_value(READING_SERVED, 16);
}
END_TEST

START_TEST(what_cannot_be_a_count_is_left_out)
{
    read_text("http_requests_total NaN\nhttp_requests_total -1\nhttp_requests_total +Inf\n");
    ck_assert(!reading.has[READING_SERVED]);
    read_text("http_requests_total 1e300\nhttp_requests_total 1e300\n");
    expect_value(READING_SERVED, 9007199254740992.0);
}
END_TEST

START_TEST(a_page_of_something_else)
{
    ck_assert(!reading_parse(&reading, slice_of("a 1\n<html>\n"), "/metrics", &err));
    ck_assert_str_eq(err.text, "line 2 is not in Prometheus' text format");
}
END_TEST

START_TEST(a_label_that_is_too_long_is_cut)
{
    char name[500] = "", text[1000];
    memset(name, 'x', sizeof name - 1);
    snprintf(text, sizeof text, "target_info{pod=\"%s\"} 1\n", name);
    read_text(text);
    ck_assert_uint_eq(strlen(reading.pod), READING_TEXT - 1);
}
END_TEST

Suite *reading_suite(void);
Suite *reading_suite(void)
{
    Suite *suite = suite_create("reading");
    TCase *tcase = tcase_create("reading");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, samples_are_added_up);
    tcase_add_test(tcase, requests_for_the_page_itself_do_not_count);
    tcase_add_test(tcase, the_standard_name_wins);
    tcase_add_test(tcase, what_cannot_be_a_count_is_left_out);
    tcase_add_test(tcase, a_page_of_something_else);
    tcase_add_test(tcase, a_label_that_is_too_long_is_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}
