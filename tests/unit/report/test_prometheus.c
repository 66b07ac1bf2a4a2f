#include <check.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/version.h"
#include "loadgen/report/prometheus.h"
#include "tests/support/printed.h"
#include "tests/support/random.h"

static struct summary *summary;
static struct prometheus_page page;
static struct printed printed;
static char *expected;
static FILE *expecting;

static void add(uint16_t row, uint64_t service_ns, uint16_t code, enum outcome outcome,
                const char *error)
{
    struct result result = {
        .row = row,
        .lag_ns = 1000,
        .service_ns = service_ns,
        .code = code,
        .outcome = outcome,
        .error = error ? text_pool_intern(&summary->texts, error) : NULL,
    };
    tally_add(summary->tally, &result);
}

static void setup(void)
{
    static size_t length;
    summary = summary_create();
    rows_add(&summary->rows, "GET /health");
    page = (struct prometheus_page){
        .name = "",
        .rows = &summary->rows,
        .tally = summary->tally,
        .generator = &summary->generator,
    };
    expecting = open_memstream(&expected, &length);
}

static void teardown(void)
{
    printed_free(&printed);
    fclose(expecting);
    free(expected);
    summary_destroy(summary);
}

static void write_page(void)
{
    ck_assert(prometheus_write(&page, printed_open(&printed)));
    printed_close(&printed);
}

/* The bounds, in nanoseconds: those of a lag from the first one on, the others from BOUND_FIRST. */
static const uint64_t bounds[] = {
    6143,        8191,        12287,       16383,       24575,      32767,      49151,
    65535,       98303,       131071,      196607,      262143,     393215,     524287,
    786431,      1048575,     1572863,     2097151,     3145727,    4194303,    6291455,
    8388607,     12582911,    16777215,    25165823,    33554431,   50331647,   67108863,
    100663295,   134217727,   201326591,   268435455,   402653183,  536870911,  805306367,
    1073741823,  1610612735,  2147483647,  3221225471,  4294967295, 6442450943, 8589934591,
    12884901887, 17179869183, 25769803775, 34359738367,
};
enum { BOUNDS = sizeof bounds / sizeof bounds[0], BOUND_FIRST = 8 };

/* Of a histogram with these values; `label` is "" or ends with a comma. */
static void expect_histogram(const char *name, const char *label, const uint64_t *values,
                             size_t count)
{
    uint64_t sum = 0;
    for (size_t i = label[0] ? BOUND_FIRST : 0; i < BOUNDS; i++) {
        size_t within = 0;
        for (size_t k = 0; k < count; k++) {
            within += values[k] <= bounds[i];
        }
        fprintf(expecting, "%s_bucket{%sle=\"%u.%09u\"} %zu\n", name, label,
                (unsigned)(bounds[i] / NS_PER_S), (unsigned)(bounds[i] % NS_PER_S), within);
    }
    for (size_t k = 0; k < count; k++) {
        sum += values[k];
    }
    char alone[64] = "";
    if (label[0]) {
        snprintf(alone, sizeof alone, "{%.*s}", (int)strlen(label) - 1, label);
    }
    fprintf(expecting, "%s_bucket{%sle=\"+Inf\"} %zu\n", name, label, count);
    fprintf(expecting, "%s_sum%s %u.%09u\n", name, alone, (unsigned)(sum / NS_PER_S),
            (unsigned)(sum % NS_PER_S));
    fprintf(expecting, "%s_count%s %zu\n", name, alone, count);
}

static const char *expected_text(void)
{
    fflush(expecting);
    return expected;
}

static void expect_has(const char *part)
{
    ck_assert_msg(strstr(printed.text, part) != NULL, "\"%.300s\" is not there", part);
}

/* A page is too long to be shown: where the first difference begins will do. */
static void expect_text(const char *whole)
{
    size_t same = 0;
    while (printed.text[same] && printed.text[same] == whole[same]) {
        same++;
    }
    ck_assert_msg(printed.text[same] == whole[same], "\"%.100s\" instead of \"%.100s\"",
                  printed.text + same, whole + same);
}

static void expect_requests(void)
{
    fprintf(expecting,
            "# HELP loadgen_run_info Version of loadgen and name of the run.\n"
            "# TYPE loadgen_run_info gauge\n"
            "loadgen_run_info{name=\"a \\\"b\\\" \\\\ c\",version=\"%s\",commit=\"%s\"} 1\n",
            version_number, version_commit);
    fputs("# HELP loadgen_offered_total Requests scheduled so far.\n"
          "# TYPE loadgen_offered_total counter\n"
          "loadgen_offered_total 20\n"
          "# HELP loadgen_sent_total Requests started.\n"
          "# TYPE loadgen_sent_total counter\n"
          "loadgen_sent_total 9\n"
          "# HELP loadgen_completed_total Requests with a complete response, by status.\n"
          "# TYPE loadgen_completed_total counter\n"
          "loadgen_completed_total{code=\"200\"} 3\n"
          "loadgen_completed_total{code=\"404\"} 1\n"
          "# HELP loadgen_errors_total Requests without a complete response, by reason.\n"
          "# TYPE loadgen_errors_total counter\n"
          "loadgen_errors_total{reason=\"time-out\"} 1\n"
          "loadgen_errors_total{reason=\"connect\"} 2\n"
          "loadgen_errors_total{reason=\"reset\"} 0\n"
          "loadgen_errors_total{reason=\"closed\"} 0\n"
          "loadgen_errors_total{reason=\"protocol\"} 0\n"
          "loadgen_errors_total{reason=\"dns\"} 0\n"
          "loadgen_errors_total{reason=\"tls\"} 0\n"
          "# HELP loadgen_dropped_total Requests not started before the run ended, by reason: "
          "waiting (no connection was free) or too_late (the generator was too far behind).\n"
          "# TYPE loadgen_dropped_total counter\n"
          "loadgen_dropped_total{reason=\"waiting\"} 7\n"
          "loadgen_dropped_total{reason=\"too_late\"} 4\n"
          "# HELP loadgen_inflight Requests in flight.\n"
          "# TYPE loadgen_inflight gauge\n"
          "loadgen_inflight 2\n",
          expecting);
}

static void expect_timings(void)
{
    static const uint64_t service[] = {130071, 130072, 5000000, 39999999000, 1000, 0, 0};
    static const uint64_t latency[] = {131071, 131072, 5001000, 40000000000, 2000, 1000, 1000};
    static const uint64_t lag[] = {1000, 1000, 1000, 1000, 1000, 1000, 1000};
    fputs(
        "# HELP loadgen_request_latency_seconds From the scheduled start of a request to its end.\n"
        "# TYPE loadgen_request_latency_seconds histogram\n",
        expecting);
    expect_histogram("loadgen_request_latency_seconds", "target=\"GET /health\",", latency, 7);
    fputs("# HELP loadgen_service_time_seconds From sending the first byte of a request to its "
          "end.\n"
          "# TYPE loadgen_service_time_seconds histogram\n",
          expecting);
    expect_histogram("loadgen_service_time_seconds", "target=\"GET /health\",", service, 7);
    fputs("# HELP loadgen_schedule_lag_seconds Delay of request starts caused by the generator.\n"
          "# TYPE loadgen_schedule_lag_seconds histogram\n",
          expecting);
    expect_histogram("loadgen_schedule_lag_seconds", "", lag, 7);
}

static void expect_generator(void)
{
    fputs(
        "# HELP loadgen_cpu_seconds_total CPU time used by the generator.\n"
        "# TYPE loadgen_cpu_seconds_total counter\n"
        "loadgen_cpu_seconds_total 1.234567\n"
        "# HELP loadgen_cgroup_cpu_throttled_seconds_total Lower bound of the time that the kernel "
        "throttled the generator to enforce its CPU limit; throttling of a parent cgroup is not "
        "always visible.\n"
        "# TYPE loadgen_cgroup_cpu_throttled_seconds_total counter\n"
        "loadgen_cgroup_cpu_throttled_seconds_total 0.250000\n"
        "# HELP loadgen_cgroup_cpu_limit_cores CPUs that the generator may use, by cgroup and "
        "affinity.\n"
        "# TYPE loadgen_cgroup_cpu_limit_cores gauge\n"
        "loadgen_cgroup_cpu_limit_cores 0.1\n"
        "# HELP loadgen_memory_bytes Peak resident memory.\n"
        "# TYPE loadgen_memory_bytes gauge\n"
        "loadgen_memory_bytes 5242880\n"
        "# HELP loadgen_open_fds Open files.\n"
        "# TYPE loadgen_open_fds gauge\n"
        "loadgen_open_fds 17\n",
        expecting);
}

START_TEST(a_page_is_this_text)
{
    page.name = "a \"b\" \\ c";
    page.offered = 20;
    page.sent = 9;
    page.in_flight = 2;
    page.dropped_waiting = 7;
    page.dropped_too_late = 4;
    page.open_files = 17;
    summary->generator = (struct generator){.threads = 1,
                                            .cpu_limit = 0.1,
                                            .cpu_seconds = 1.234567,
                                            .has_throttled = true,
                                            .throttled_seconds = 0.25,
                                            .memory_bytes = 5 << 20};
    add(0, 130071, 200, OUTCOME_ANSWERED, NULL); /* with its lag the last of a bucket */
    add(0, 130072, 200, OUTCOME_ANSWERED, NULL); /* and the first of the next */
    add(0, 5 * NS_PER_MS, 200, OUTCOME_ANSWERED, NULL);
    add(0, 40 * NS_PER_S - 1000, 0, OUTCOME_TIMED_OUT, "timeout");
    add(0, 1000, 404, OUTCOME_ANSWERED, "404 Not Found");
    add(0, 0, 0, OUTCOME_CONNECT, "connection refused");
    add(0, 0, 0, OUTCOME_CONNECT, "no route to host");
    expect_requests();
    expect_timings();
    expect_generator();
    write_page();
    expect_text(expected_text());
}
END_TEST

START_TEST(buckets_hold_what_counting_every_value_gives)
{
    enum { VALUES = 5000 };
    uint64_t values[VALUES];
    struct random chance = random_seeded((uint64_t)_i);
    for (size_t i = 0; i < VALUES; i++) {
        /* A third lies at the bounds, where one nanosecond decides. */
        uint64_t any = random_sized(&chance, 45);
        uint64_t edge = bounds[random_below(&chance, BOUNDS)] + random_below(&chance, 3);
        values[i] = 1000 + (random_below(&chance, 3) ? any : edge - 1001);
        add(0, values[i] - 1000, 200, OUTCOME_ANSWERED, NULL);
    }
    expect_histogram("loadgen_request_latency_seconds", "target=\"GET /health\",", values, VALUES);
    write_page();
    expect_has(expected_text());
}
END_TEST

START_TEST(targets_are_told_apart_by_their_rows)
{
    static const uint64_t first[] = {1000};
    static const uint64_t second[] = {3000, 4000};
    rows_add(&summary->rows, "say \"hi\"");
    rows_add(&summary->rows, "never");
    add(0, 0, 200, OUTCOME_ANSWERED, NULL);
    add(1, 2000, 200, OUTCOME_ANSWERED, NULL);
    add(1, 3000, 200, OUTCOME_ANSWERED, NULL);
    expect_histogram("loadgen_request_latency_seconds", "target=\"GET /health\",", first, 1);
    expect_histogram("loadgen_request_latency_seconds", "target=\"say \\\"hi\\\"\",", second, 2);
    expect_histogram("loadgen_request_latency_seconds", "target=\"never\",", NULL, 0);
    write_page();
    expect_has(expected_text());
    ck_assert_ptr_null(strstr(printed.text, "target=\"other\""));
    ck_assert_ptr_null(strstr(printed.text, "throttled")); /* the system did not say */
    ck_assert_ptr_null(strstr(printed.text, "limit_cores"));
}
END_TEST

START_TEST(names_beyond_the_rows_share_one_series_of_its_own)
{
    char name[32] = "other";
    rows_add(&summary->rows, name);
    for (int i = 0; i < ROWS_MAX + 36; i++) {
        uint16_t row = rows_add(&summary->rows, name);
        add(row, 2000, 200, OUTCOME_ANSWERED, NULL);
        snprintf(name, sizeof name, "n%d", i);
    }
    write_page();
    expect_has("loadgen_request_latency_seconds_count{target=\"other\"} 1\n");
    expect_has("loadgen_request_latency_seconds_count{target=\"n509\"} 1\n");
    expect_has("loadgen_request_latency_seconds_count{target=\"all other targets\"} 37\n");
    ck_assert_ptr_null(strstr(printed.text, "target=\"n510\""));
}
END_TEST

/* Two tables were merged by name; the other one is full, and has no row of its own for the first.
 */
START_TEST(a_row_that_may_lack_results_is_partial)
{
    uint64_t full = rows_hash("all");
    rows_add(&summary->rows, "all");
    write_page();
    ck_assert_ptr_null(strstr(printed.text, "partial"));
    rows_merge_full(&summary->rows, &full, 1, 3);
    write_page();
    expect_has("# HELP loadgen_target_partial 1: some requests of this target may be counted as "
               "\"other\".\n"
               "# TYPE loadgen_target_partial gauge\n"
               "loadgen_target_partial{target=\"GET /health\"} 1\n"
               "# HELP loadgen_request_latency_seconds");
}
END_TEST

START_TEST(kinds_of_errors_are_exact_however_many_texts_there_are)
{
    char name[32];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "error %d", i);
        add(0, 0, 0, i % 2 ? OUTCOME_RESET : OUTCOME_PROTOCOL, name);
    }
    add(0, 0, 0, OUTCOME_TIMED_OUT, "one more");
    write_page();
    expect_has("{reason=\"time-out\"} 1\n");
    expect_has("{reason=\"reset\"} 150\n");
    expect_has("{reason=\"protocol\"} 150\n");
}
END_TEST

START_TEST(a_stream_that_is_full_is_a_failure)
{
    FILE *out = fopen("/dev/full", "w");
    ck_assert(!prometheus_write(&page, out));
    fclose(out);
}
END_TEST

START_TEST(errors_of_scripts_are_counted)
{
    page.exceptions = &summary->exceptions;
    write_page();
    ck_assert_ptr_null(strstr(printed.text, "loadgen_exceptions"));
    exceptions_add(&summary->exceptions, "a.lua:1: \"x\"");
    exceptions_add(&summary->exceptions, "a.lua:1: \"x\"");
    summary->exceptions.total += 3; /* beyond the list */
    write_page();
    expect_has("# HELP loadgen_exceptions_total Errors that scripts raised, by message.\n"
               "# TYPE loadgen_exceptions_total counter\n"
               "loadgen_exceptions_total{message=\"a.lua:1: \\\"x\\\"\"} 2\n"
               "loadgen_exceptions_total{message=\"other\"} 3\n");
}
END_TEST

START_TEST(results_that_scripts_fired_are_counted)
{
    const struct result fired = {.is_fired = true, .judgement = JUDGEMENT_SUCCESS};
    write_page();
    ck_assert_ptr_null(strstr(printed.text, "loadgen_fired"));
    tally_add(summary->tally, &fired);
    write_page();
    expect_has("# HELP loadgen_fired_total Results that scripts fired; loadgen_sent_total "
               "includes them.\n"
               "# TYPE loadgen_fired_total counter\n"
               "loadgen_fired_total 1\n");
    ck_assert_ptr_null(strstr(printed.text, "loadgen_completed_total{"));
}
END_TEST

START_TEST(iterations_at_a_rate_are_counted)
{
    write_page();
    ck_assert_ptr_null(strstr(printed.text, "loadgen_iterations"));
    page.iterations = 3;
    write_page();
    expect_has("# HELP loadgen_iterations_started_total Iterations started.\n"
               "# TYPE loadgen_iterations_started_total counter\n"
               "loadgen_iterations_started_total 3\n"
               "# HELP loadgen_iterations_dropped_total Iterations that were dropped because no "
               "user was free.\n"
               "# TYPE loadgen_iterations_dropped_total counter\n"
               "loadgen_iterations_dropped_total 0\n");
}
END_TEST

Suite *prometheus_suite(void);
Suite *prometheus_suite(void)
{
    Suite *suite = suite_create("prometheus");
    TCase *tests = tcase_create("prometheus");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_page_is_this_text);
    tcase_add_loop_test(tests, buckets_hold_what_counting_every_value_gives, 1, 6);
    tcase_add_test(tests, targets_are_told_apart_by_their_rows);
    tcase_add_test(tests, names_beyond_the_rows_share_one_series_of_its_own);
    tcase_add_test(tests, a_row_that_may_lack_results_is_partial);
    tcase_add_test(tests, kinds_of_errors_are_exact_however_many_texts_there_are);
    tcase_add_test(tests, a_stream_that_is_full_is_a_failure);
    tcase_add_test(tests, errors_of_scripts_are_counted);
    tcase_add_test(tests, results_that_scripts_fired_are_counted);
    tcase_add_test(tests, iterations_at_a_rate_are_counted);
    suite_add_tcase(suite, tests);
    return suite;
}
