/* Not under tsan: one thread. */
#include <check.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/buckets_text.h"
#include "loadgen/report/report_choice.h"
#include "tests/support/printed.h"

static struct summary *summary;
static struct err err;
static char *text;

static void add(uint64_t k, uint64_t service_ns, uint16_t code, const char *error)
{
    struct result result = {
        .number = k,
        .intended_ns = k * 100 * NS_PER_MS,
        .lag_ns = 50,
        .service_ns = service_ns,
        .connect_ns = k == 0 ? 20 : 0,
        .bytes_in = 15,
        .bytes_out = 4,
        .retries = k == 3,
        .redirects = k == 4 ? 2 : 0,
        .code = code,
        .outcome = code ? OUTCOME_ANSWERED : OUTCOME_TIMED_OUT,
        .error = error ? text_pool_intern(&summary->texts, error) : NULL,
    };
    tally_add(summary->tally, &result);
}

/* Ten requests at 10/s, eight of them successes. Times under 2048 ns: all percentiles are exact. */
static void setup(void)
{
    summary = summary_create();
    summary->wall_start_ns = UINT64_C(1700000000120000000);
    summary->has_plan = true;
    summary->rate_count = 10;
    summary->rate_per_ns = NS_PER_S;
    summary->intended = 10;
    summary->generator = (struct generator){.threads = 2,
                                            .cpu_limit = 1.5,
                                            .cpu_seconds = 0.15,
                                            .wall_seconds = 1,
                                            .has_throttled = true,
                                            .loop_p99_ns = 12345,
                                            .memory_bytes = 5 << 20};
    for (uint64_t k = 0; k < 8; k++) {
        add(k, (k + 1) * 100, 200, NULL);
    }
    add(8, 900, 404, "404 Not Found");
    add(9, 1900, 0, "timeout");
}

static void teardown(void)
{
    free(text);
    text = NULL;
    summary_destroy(summary);
}

static const char *write_report(const struct report *report)
{
    free(text);
    text = printed_report(report, summary);
    return text;
}

/* 9 intervals in 0.9 s are 10/s; the last answer came 1950 ns after the last request. */
static const char expected_text[] =
    "Requests      [total, rate, throughput]         10, 10.00, 8.89\n"
    "Duration      [total, attack, wait]             900.002ms, 900ms, 1.95µs\n"
    "Latencies     [min, mean, 50, 90, 95, 99, max]  "
    "170ns, 692ns, 550ns, 950ns, 1.95µs, 1.95µs, 1.95µs\n"
    "Bytes In      [total, mean]                     150, 15.00\n"
    "Bytes Out     [total, mean]                     40, 4.00\n"
    "Success       [ratio]                           80.00%\n"
    "Status Codes  [code:count]                      0:1  200:8  404:1  \n"
    "Error Set:\n"
    "404 Not Found\n"
    "timeout\n"
    "\n"
    "Clean: the generator used 10.0% of its CPU, and its 99th-percentile lag was 50ns.\n"
    "\n"
    "Span            min     mean       50       90       95       99      max\n"
    "Response      120ns    642ns    500ns    900ns    1.9µs    1.9µs    1.9µs\n"
    "Service       100ns    640ns    500ns    900ns    1.9µs    1.9µs    1.9µs\n"
    "Connect          0s      2ns       0s       0s     20ns     20ns     20ns\n"
    "Wait             0s       0s       0s       0s       0s       0s       0s\n"
    "Lag            50ns     50ns     50ns     50ns     50ns     50ns     50ns\n"
    "\n"
    "   errors  kind      example\n"
    "        1  time-out  timeout\n"
    "        1  http      404 Not Found\n"
    "\n"
    "Schedule      [rate, intended, not started]     10/1s, 10, 0\n"
    "Counts        [late, retried, redirected]       0, 1, 2\n"
    "Generator     [threads, CPU, throttled, memory] 2, 10.0% of 1.5, 0s, 5.0MiB\n"
    "Loop turn     [99]                              12.345µs\n"
    "Environment   [CPU, cores, load before, kernel] not recorded\n";

START_TEST(the_text_is_vegetas_and_then_what_belongs_to_it)
{
    ck_assert_str_eq(write_report(&report_text), expected_text);
}
END_TEST

START_TEST(remarks_come_after_the_verdict)
{
    summary->is_interrupted = true;
    write_report(&report_text);
    ck_assert_ptr_nonnull(strstr(text, "was 50ns.\n! The run was stopped early.\n\nSpan "));
    json_t *json = json_loads(write_report(&report_json), 0, NULL);
    const json_t *remarks = json_object_get(json, "remarks");
    ck_assert_uint_eq(json_array_size(remarks), 1);
    ck_assert_str_eq(json_string_value(json_array_get(remarks, 0)), "The run was stopped early.");
    ck_assert(json_is_true(json_object_get(json, "interrupted")));
    json_decref(json);
}
END_TEST

static void expect_line(const char *line)
{
    ck_assert_msg(strstr(write_report(&report_text), line) != NULL, "no %s in\n%s", line, text);
}

START_TEST(a_schedule_that_is_no_constant_rate_is_said_in_words)
{
    summary->rate_count = 0;
    summary_add_schedule(summary, "from 10/s to 500/s in 10s");
    expect_line("[rate, intended, not started]     from 10/s to 500/s in 10s, 10, 0\n");
    summary_add_schedule(summary, "3/1s poisson with seed 1");
    expect_line("     from 10/s to 500/s in 10s and 3/1s poisson with seed 1, 10, 0\n");
    summary->rate_count = 7; /* of one more file */
    expect_line("     7/1s and from 10/s to 500/s in 10s and 3/1s poisson with seed 1, 10, 0\n");
    for (int i = 0; i < 100; i++) {
        summary_add_schedule(summary, "and so on");
    }
    size_t length = strlen(summary->schedule); /* whole ones, as many as there is room for */
    ck_assert_uint_lt(length, sizeof summary->schedule);
    ck_assert_uint_gt(length + strlen(" and and so on"), sizeof summary->schedule - 1);
    ck_assert_str_eq(summary->schedule + length - strlen(" and so on"), " and so on");
}
END_TEST

START_TEST(what_is_not_known_is_not_made_up)
{
    summary->rate_count = 0;
    expect_line("[rate, intended, not started]     as fast as possible, 10, 0\n");
    summary->generator.throttled_seconds = 0.25; /* and more, that a pod's group did unseen */
    expect_line("10.0% of 1.5, at least 250ms, ");
    summary->generator.has_throttled = false;
    expect_line("10.0% of 1.5, unknown, ");
    summary->generator.threads = 0;
    expect_line("[threads, CPU, throttled, memory] not recorded\n");
    summary->is_cut_short = true;
    expect_line("[rate, intended, not started]     not recorded\n");
}
END_TEST

START_TEST(a_run_without_results_has_a_report)
{
    tally_clear(summary->tally);
    expect_line("[total, rate, throughput]         0, 0.00, 0.00\n");
    expect_line("Latencies     [min, mean, 50, 90, 95, 99, max]  0s, 0s, 0s, 0s, 0s, 0s, 0s\n");
    expect_line("Success       [ratio]                           0.00%\n");
    json_t *json = json_loads(write_report(&report_json), 0, NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "requests")), 0);
    ck_assert_str_eq(json_string_value(json_object_get(json, "earliest")), "0001-01-01T00:00:00Z");
    json_decref(json);
}
END_TEST

START_TEST(one_request_has_no_rate_but_its_number)
{
    tally_clear(summary->tally);
    add(0, NS_PER_MS, 200, NULL);
    ck_assert_double_eq(summary_rate(summary), 1);
    ck_assert_uint_eq(summary_attack_ns(summary), 0);
    ck_assert_double_eq_tol(summary_throughput(summary), 1e9 / (1e6 + 70), 1e-6);
}
END_TEST

START_TEST(the_rate_is_that_of_the_starts_and_not_of_the_intentions)
{
    struct result result = {.intended_ns = 950 * NS_PER_MS, .lag_ns = 850 * NS_PER_MS, .code = 200};
    tally_add(summary->tally, &result);
    ck_assert_double_eq_tol(summary_rate(summary), 10 / (1.8 - 50e-9), 1e-9);
    ck_assert_uint_eq(summary_attack_ns(summary), 950 * NS_PER_MS);
    ck_assert_uint_eq(summary_wait_ns(summary), 850 * NS_PER_MS);
}
END_TEST

static json_int_t integer(const json_t *json, const char *outer, const char *key)
{
    const json_t *value = json_object_get(outer ? json_object_get(json, outer) : json, key);
    ck_assert_msg(json_is_integer(value), "%s.%s is no integer", outer, key);
    return json_integer_value(value);
}

static double real(const json_t *json, const char *key)
{
    ck_assert_msg(json_is_real(json_object_get(json, key)), "%s is no real", key);
    return json_real_value(json_object_get(json, key));
}

START_TEST(the_json_has_vegetas_keys_in_vegetas_order)
{
    static const char *const expected[] = {
        "latencies", "bytes_in", "bytes_out", "earliest",   "latest",  "end",          "duration",
        "wait",      "requests", "rate",      "throughput", "success", "status_codes", "errors"};
    json_t *json = json_loads(write_report(&report_json), 0, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    void *at = json_object_iter(json);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_str_eq(json_object_iter_key(at), expected[i]);
        at = json_object_iter_next(json, at);
    }
    json_decref(json);
}
END_TEST

START_TEST(the_json_says_the_same_numbers)
{
    json_t *json = json_loads(write_report(&report_json), 0, NULL);
    ck_assert_int_eq(integer(json, "latencies", "total"), 6920);
    ck_assert_int_eq(integer(json, "latencies", "mean"), 692);
    ck_assert_int_eq(integer(json, "latencies", "min"), 170);
    ck_assert_int_eq(integer(json, "latencies", "max"), 1950);
    ck_assert_int_eq(integer(json, "latencies", "99th"), 1950);
    ck_assert_int_eq(integer(json, "latencies", "50th"), 550);
    ck_assert_int_eq(integer(json, "latencies", "90th"), 950);
    ck_assert_int_eq(integer(json, "latencies", "95th"), 1950);
    ck_assert_int_eq(integer(json, "bytes_in", "total"), 150);
    ck_assert_int_eq(integer(json, "bytes_out", "total"), 40);
    ck_assert_str_eq(json_string_value(json_object_get(json, "earliest")),
                     "2023-11-14T22:13:20.12Z");
    ck_assert_str_eq(json_string_value(json_object_get(json, "latest")), "2023-11-14T22:13:21.02Z");
    ck_assert_str_eq(json_string_value(json_object_get(json, "end")),
                     "2023-11-14T22:13:21.02000195Z");
    ck_assert_int_eq(integer(json, NULL, "duration"), 900000000);
    ck_assert_int_eq(integer(json, NULL, "wait"), 1950);
    ck_assert_int_eq(integer(json, NULL, "requests"), 10);
    ck_assert_double_eq_tol(real(json, "rate"), 10, 1e-9);
    ck_assert_double_eq_tol(real(json, "throughput"), 8 / 0.90000195, 1e-9);
    ck_assert_double_eq(real(json, "success"), 0.8);
    ck_assert_uint_eq(json_object_size(json_object_get(json, "status_codes")), 3);
    ck_assert_int_eq(integer(json, "status_codes", "200"), 8);
    ck_assert_int_eq(integer(json, "status_codes", "0"), 1);
    const json_t *errors = json_object_get(json, "errors");
    ck_assert_uint_eq(json_array_size(errors), 2);
    ck_assert_str_eq(json_string_value(json_array_get(errors, 1)), "timeout");
    ck_assert_int_eq(integer(json, "response", "min"), 120);
    ck_assert_int_eq(integer(json, "service", "min"), 100);
    ck_assert_int_eq(integer(json, "connect", "max"), 20);
    ck_assert_int_eq(integer(json, "connection_wait", "max"), 0);
    ck_assert_int_eq(integer(json, "lag", "min"), 50);
    ck_assert_int_eq(integer(json, NULL, "intended"), 10);
    ck_assert_int_eq(integer(json, NULL, "not_started"), 0);
    ck_assert_int_eq(integer(json, NULL, "answered"), 9);
    ck_assert_int_eq(integer(json, NULL, "timed_out"), 1);
    ck_assert_int_eq(integer(json, NULL, "failed"), 0);
    ck_assert_int_eq(integer(json, NULL, "retried"), 1);
    ck_assert(json_is_false(json_object_get(json, "interrupted")));
    ck_assert_int_eq(integer(json, "generator", "threads"), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "remarks")), 0);
    json_decref(json);
}
END_TEST

/* A server chooses its status texts, in whatever encoding. */
START_TEST(an_error_that_is_not_utf_8_is_in_the_json_as_well)
{
    add(10, NS_PER_MS, 404, "404 P\xe1gina no encontrada");
    json_t *json = json_loads(write_report(&report_json), 0, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "errors")), 3);
    json_decref(json);
}
END_TEST

START_TEST(a_report_that_cannot_be_written_fails)
{
    FILE *full = fopen("/dev/full", "w");
    ck_assert(!(_i ? &report_json : &report_text)->write(summary, NULL, full));
    fclose(full);
}
END_TEST

START_TEST(formats_are_found_by_their_names)
{
    static const char *const names[] = {"text", "json", "hist[0,1ms]", "hdrplot"};
    static const struct report *const reports[] = {&report_text, &report_json, &report_hist,
                                                   &report_hdrplot};
    static const char *const wrong[] = {"", "xml", "texts", "json[1ms]", "histo", "hdrplot[1ms]"};
    struct report_choice choice;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert(report_choose(&choice, names[i], false, &err));
        ck_assert_ptr_eq(choice.report, reports[i]);
        ck_assert_uint_eq(choice.buckets.count, reports[i] == &report_hist ? 2 : 0);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char expected[128];
        snprintf(expected, sizeof expected,
                 "unknown report type \"%s\"; use text, json, hist[0,10ms,100ms], hdrplot "
                 "or hdrlog",
                 wrong[i]);
        err.code = ERR_NONE;
        ck_assert(!report_choose(&choice, wrong[i], false, &err));
        ck_assert_str_eq(err.text, expected);
    }
}
END_TEST

START_TEST(hist_needs_buckets_unless_the_caller_has_others)
{
    struct report_choice choice;
    ck_assert(report_choose(&choice, "hist", true, &err));
    ck_assert_ptr_eq(choice.report, &report_hist);
    ck_assert_uint_eq(choice.buckets.count, 0);
    ck_assert(report_choose(&choice, "hist[1ms]", true, &err));
    ck_assert_uint_eq(choice.buckets.count, 2);
    ck_assert(!report_choose(&choice, "hist", false, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "expected buckets such as [0,1ms,10ms]\n"));
}
END_TEST

START_TEST(the_json_counts_by_buckets_when_asked)
{
    struct buckets buckets;
    ck_assert(buckets_parse(&buckets, "[250ns,1us]", 0, &err));
    tally_clear(summary->tally);
    tally_count_by(summary->tally, &buckets);
    for (uint64_t k = 0; k < 4; k++) {
        add(0, 130 + 100 * k, 200, NULL); /* 70 ns of lag and connect */
    }
    write_report(&report_json);
    ck_assert_ptr_nonnull(
        strstr(text, "},\"buckets\":{\"0\":1,\"250\":3,\"1000\":0},\"bytes_in\""));
}
END_TEST

/* Two tables were merged by name; the other one is full, and has no row of its own for "few". */
START_TEST(a_row_that_may_lack_results_is_partial_in_every_report)
{
    static const char *const marks[] = {"  few (partial)\n", "{\"name\":\"few\",\"partial\":true,",
                                        "Tag=few%20(partial):latency,"};
    static const struct report *const kinds[] = {&report_text, &report_json, &report_hdr_log};
    uint64_t full = rows_hash("all");
    rows_add(&summary->rows, "few");
    rows_add(&summary->rows, "all");
    tally_add(summary->tally, &(struct result){.row = 1, .code = 200});
    rows_merge_full(&summary->rows, &full, 1, 3);
    for (size_t i = 0; i < 3; i++) {
        write_report(kinds[i]);
        ck_assert_msg(strstr(text, marks[i]), "%s", text);
        ck_assert_ptr_null(strstr(text, "all (partial)"));
    }
    ck_assert_ptr_null(strstr(text, "all\",\"partial\":true"));
    write_report(&report_text);
    ck_assert_ptr_nonnull(strstr(text, "! 1 row is partial: "));
}
END_TEST

Suite *report_suite(void);
Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_text_is_vegetas_and_then_what_belongs_to_it);
    tcase_add_test(tests, remarks_come_after_the_verdict);
    tcase_add_test(tests, a_schedule_that_is_no_constant_rate_is_said_in_words);
    tcase_add_test(tests, what_is_not_known_is_not_made_up);
    tcase_add_test(tests, a_run_without_results_has_a_report);
    tcase_add_test(tests, one_request_has_no_rate_but_its_number);
    tcase_add_test(tests, the_rate_is_that_of_the_starts_and_not_of_the_intentions);
    tcase_add_test(tests, the_json_has_vegetas_keys_in_vegetas_order);
    tcase_add_test(tests, the_json_says_the_same_numbers);
    tcase_add_test(tests, an_error_that_is_not_utf_8_is_in_the_json_as_well);
    tcase_add_loop_test(tests, a_report_that_cannot_be_written_fails, 0, 2);
    tcase_add_test(tests, formats_are_found_by_their_names);
    tcase_add_test(tests, hist_needs_buckets_unless_the_caller_has_others);
    tcase_add_test(tests, the_json_counts_by_buckets_when_asked);
    tcase_add_test(tests, a_row_that_may_lack_results_is_partial_in_every_report);
    suite_add_tcase(suite, tests);
    return suite;
}
