/* Two runs side by side. Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/web/api/compare.h"

enum { SECONDS = 40 };

/* The course of a run with so many requests per second, of which p99 alternates a little. */
static json_t *make_seconds(unsigned seconds, double rate, double p99)
{
    json_t *points = json_array();
    for (unsigned i = 0; i < seconds; i++) {
        double noise = 1 + 0.01 * (i % 3);
        json_array_append_new(points,
                              json_pack("[f, n, f, f]", rate * noise, p99 / 2, p99 * noise));
    }
    return json_pack("{s:i, s:i, s:[s, s, s, s], s:o}", "width", 1, "from", 0, "columns", "ended",
                     "p50", "p95", "p99", "points", points);
}

static json_t *make_summary(double rate, double p99, int failures)
{
    return json_pack("{s:i, s:i, s:f, s:n, s:f, s:f}", "requests", 4000, "failures", failures,
                     "rate", rate, "p50_ms", "p95_ms", p99 / 2, "p99_ms", p99);
}

static struct compare_side a, b;

static void begin(unsigned seconds, double rate, double p99, int failures)
{
    a = (struct compare_side){
        "a", "users", json_object(), make_summary(100, 20, 10), make_seconds(SECONDS, 100, 20),
        NULL};
    b = (struct compare_side){"b",
                              "rate",
                              json_object(),
                              make_summary(rate, p99, failures),
                              make_seconds(seconds, rate, p99),
                              NULL};
}

static void free_side(struct compare_side *side)
{
    json_decref(side->run);
    json_decref(side->summary);
    json_decref(side->seconds);
    json_decref(side->report);
    *side = (struct compare_side){0};
}

static void teardown(void)
{
    free_side(&a);
    free_side(&b);
}

static json_t *compare(void)
{
    struct err err = {.code = ERR_NONE};
    json_t *json = compare_sides(&a, &b, &err);
    ck_assert_msg(json != NULL, "%s", err.text);
    return json;
}

static const json_t *find_metric(const json_t *json, const char *name)
{
    size_t i = 0;
    const json_t *metric = NULL;
    json_array_foreach(json_object_get(json, "metrics"), i, metric)
    {
        if (strcmp(json_string_value(json_object_get(metric, "name")), name) == 0) {
            return metric;
        }
    }
    ck_abort_msg("no metric %s", name);
    return NULL;
}

static const char *text_of(const json_t *json)
{
    return json_string_value(json_object_get(json, "text"));
}

static double number_of(const json_t *json, const char *key)
{
    return json_number_value(json_object_get(json, key));
}

START_TEST(equal_runs_do_not_differ)
{
    begin(SECONDS, 100, 20, 12);
    json_t *json = compare();
    ck_assert_str_eq(text_of(json), "No significant difference.");
    ck_assert(json_is_false(json_object_get(find_metric(json, "rate"), "differs")));
    ck_assert(json_is_null(json_object_get(find_metric(json, "p50_ms"), "differs")));
    ck_assert(json_is_object(json_object_get(json, "a")));
    json_decref(json);
}
END_TEST

START_TEST(what_differs_is_named)
{
    begin(SECONDS, 100, 30, 200);
    json_t *json = compare();
    const json_t *p99 = find_metric(json, "p99_ms");
    ck_assert_str_eq(text_of(json), "The runs differ in p95_ms, p99_ms and failures.");
    ck_assert_double_eq_tol(number_of(p99, "change"), 0.5, 0.001);
    ck_assert(number_of(p99, "low") > 0.4 && number_of(p99, "low") < 0.5);
    ck_assert(number_of(p99, "high") > 0.5 && number_of(p99, "high") < 0.6);
    ck_assert_ptr_nonnull(strstr(text_of(p99), "p99_ms: b has 50.0% more, 95% interval "));
    json_decref(json);
}
END_TEST

START_TEST(short_runs_have_no_interval)
{
    begin(3, 100, 30, 10);
    json_t *json = compare();
    const json_t *p99 = find_metric(json, "p99_ms");
    ck_assert(json_is_null(json_object_get(p99, "differs")));
    ck_assert(json_is_null(json_object_get(p99, "low")));
    ck_assert_ptr_nonnull(strstr(text_of(p99), "too short to show"));
    json_decref(json);
}
END_TEST

static json_t *make_search(double rate)
{
    return json_pack("{s:{s:f}, s:[{s:s, s:{s:f}}]}", "settings", "width", 0.05, "searches",
                     "verdict", "found", "capacity", "rate", rate);
}

static const char *remark_of(const json_t *json, size_t i)
{
    return json_string_value(json_array_get(json_object_get(json, "remarks"), i));
}

static json_t *make_report(double cpu_limit, const char *kernel)
{
    return json_pack("{s:{s:f, s:s}, s:{s:b}}", "environment", "cpu_limit", cpu_limit, "kernel",
                     kernel, "plan", "keepalive", 1);
}

START_TEST(each_condition_that_differed_is_a_remark)
{
    begin(SECONDS, 100, 20, 12);
    json_t *json = compare();
    ck_assert_uint_eq(json_array_size(json_object_get(json, "remarks")), 1);
    ck_assert_ptr_nonnull(strstr(remark_of(json, 0), "Each is a single run"));
    json_decref(json);
    a.report = make_report(1, "6.1");
    b.report = make_report(2, "6.2");
    json = compare();
    ck_assert_uint_eq(json_array_size(json_object_get(json, "remarks")), 3);
    ck_assert_str_eq(remark_of(json, 0),
                     "They were measured under different conditions: cpu_limit was 1.0, then 2.0.");
    ck_assert_str_eq(
        remark_of(json, 1),
        "They were measured under different conditions: kernel was \"6.1\", then \"6.2\".");
    json_decref(json);
}
END_TEST

START_TEST(searches_are_compared_by_their_capacity)
{
    a = (struct compare_side){"a", "capacity", json_object(), NULL, NULL, make_search(100)};
    b = (struct compare_side){"b", "capacity", json_object(), NULL, NULL, make_search(103)};
    json_t *json = compare();
    ck_assert_str_eq(text_of(json),
                     "b sustains 3.0% more, which is within the precision of a search, 5%");
    ck_assert(json_is_false(json_object_get(find_metric(json, "capacity"), "differs")));
    ck_assert_str_eq(
        remark_of(json, 0),
        "A 95% interval needs at least 3 searches in each set; loadgen compare takes sets.");
    json_decref(json);
}
END_TEST

START_TEST(what_cannot_be_compared_is_refused)
{
    struct err err = {.code = ERR_NONE};
    begin(SECONDS, 100, 20, 10);
    b.kind = "capacity";
    ck_assert_ptr_null(compare_sides(&a, &b, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be compared"));
    err = (struct err){.code = ERR_NONE};
    a.kind = "capacity";
    ck_assert_ptr_null(compare_sides(&a, &b, &err));
    ck_assert_str_eq(err.text, "a is a search that was not completed");
}
END_TEST

Suite *compare_suite(void);
Suite *compare_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *tests = tcase_create("compare");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, equal_runs_do_not_differ);
    tcase_add_test(tests, what_differs_is_named);
    tcase_add_test(tests, short_runs_have_no_interval);
    tcase_add_test(tests, each_condition_that_differed_is_a_remark);
    tcase_add_test(tests, searches_are_compared_by_their_capacity);
    tcase_add_test(tests, what_cannot_be_compared_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
