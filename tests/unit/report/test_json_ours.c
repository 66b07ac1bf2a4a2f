#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/json/json_ours.h"

static struct summary *summary;
static json_t *json;

static void setup(void)
{
    summary = summary_create();
}

static void teardown(void)
{
    json_decref(json);
    json = NULL;
    summary_destroy(summary);
}

static void add(struct result result)
{
    tally_add(summary->tally, &result);
}

/* What stands at a.b.c, or at a.0.c in a list. */
static json_t *at(const char *path)
{
    json_t *value = json;
    char parts[64];
    char *rest = NULL;
    snprintf(parts, sizeof parts, "%s", path);
    for (char *part = strtok_r(parts, ".", &rest); part; part = strtok_r(NULL, ".", &rest)) {
        value = json_is_array(value) ? json_array_get(value, (size_t)(*part - '0'))
                                     : json_object_get(value, part);
        ck_assert_msg(value != NULL, "no %s in %s", part, path);
    }
    return value;
}

static void write_report(void)
{
    json_decref(json);
    json = json_object();
    json_add_ours(json, summary, NULL);
}

static void expect(const char *path, json_int_t value)
{
    ck_assert_msg(json_is_integer(at(path)), "%s is no integer", path);
    ck_assert_msg(json_integer_value(at(path)) == value, "%s is %lld", path,
                  (long long)json_integer_value(at(path)));
}

START_TEST(errors_of_all_kinds_are_there)
{
    add((struct result){.code = 200});
    add((struct result){.code = 404, .error = "404 Not Found"});
    add((struct result){.code = 503, .error = "503"});
    add((struct result){.outcome = OUTCOME_TIMED_OUT, .error = "deadline"});
    write_report();
    ck_assert_uint_eq(json_object_size(at("errors_by_kind")), OUTCOMES_ALL);
    expect("errors_by_kind.http.count", 2);
    ck_assert_str_eq(json_string_value(at("errors_by_kind.http.example")), "404 Not Found");
    expect("errors_by_kind.time-out.count", 1);
    expect("errors_by_kind.connect.count", 0);
    ck_assert(json_is_null(at("errors_by_kind.connect.example")));
}
END_TEST

START_TEST(rows_have_the_same_keys)
{
    rows_add(&summary->rows, "a");
    rows_add(&summary->rows, "b");
    rows_add(&summary->addresses, "[::1]:80");
    rows_add(&summary->addresses, "[::2]:80");
    add((struct result){.row = 0, .address_row = 1, .service_ns = 9, .bytes_in = 3, .code = 200});
    add((struct result){.row = 1, .address_row = 1, .service_ns = 7, .bytes_out = 2, .code = 500});
    write_report();
    ck_assert_uint_eq(json_array_size(at("targets")), 2);
    ck_assert_uint_eq(json_array_size(at("addresses")), 1);
    ck_assert_str_eq(json_string_value(at("targets.1.name")), "b");
    ck_assert_str_eq(json_string_value(at("addresses.0.name")), "[::2]:80");
    expect("addresses.0.requests", 2);
    ck_assert_double_eq(json_real_value(at("addresses.0.success")), 0.5);
    expect("addresses.0.bytes_in.total", 3);
    expect("addresses.0.bytes_out.total", 2);
    expect("addresses.0.latencies.max", 9);
    expect("addresses.0.response.max", 9);
    expect("addresses.0.service.min", 7);
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(at("targets.0"), key, value)
    {
        ck_assert_ptr_nonnull(json_object_get(at("addresses.0"), key));
    }
}
END_TEST

/* As a run does that has one target: live and read from a file must not differ. */
START_TEST(the_only_row_is_all)
{
    rows_add(&summary->rows, "GET /");
    write_report();
    ck_assert_uint_eq(json_array_size(at("targets")), 0);
    struct tally *part = tally_create(false, false);
    tally_add(part, &(struct result){.service_ns = 3, .lag_ns = 1, .bytes_in = 5, .code = 200});
    tally_merge(summary->tally, part);
    tally_destroy(part);
    write_report();
    expect("targets.0.requests", 1);
    expect("targets.0.latencies.total", 4);
    expect("targets.0.response.total", 3);
    expect("targets.0.service.total", 3);
    expect("targets.0.bytes_in.total", 5);
    json_t *live = json_deep_copy(at("targets"));
    tally_clear(summary->tally);
    add((struct result){.service_ns = 3, .lag_ns = 1, .bytes_in = 5, .code = 200});
    write_report();
    ck_assert(json_equal(live, at("targets")));
    json_decref(live);
}
END_TEST

START_TEST(what_no_result_says_is_null)
{
    static const char *const unknown[] = {
        "response",    "service",    "connect",   "connection_wait", "lag",      "late",
        "retried",     "redirected", "addresses", "generator",       "intended", "too_late",
        "not_started", "abandoned",  "malformed", "violations"};
    rows_add(&summary->rows, "GET http://127.0.0.1/");
    add((struct result){.is_bare = true, .service_ns = 5, .code = 200});
    write_report();
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        ck_assert_msg(json_is_null(at(unknown[i])), "%s is known", unknown[i]);
    }
    ck_assert(json_is_null(at("targets.0.response")));
    ck_assert(json_is_null(at("targets.0.service")));
    expect("targets.0.latencies.max", 5);
    expect("not_recorded", 1);
    add((struct result){.service_ns = 7,
                        .redirects = 2,
                        .code = 200,
                        .violations = VIOLATION_BIT(line_feed) | VIOLATION_BIT(excess)});
    summary->has_plan = true;
    summary->intended = 2;
    write_report();
    expect("not_recorded", 1);
    expect("service.max", 7);
    expect("redirected", 2);
    expect("malformed", 1);
    expect("violations.line_feed", 1);
    expect("violations.excess", 1);
    expect("violations.header_name", 0);
    expect("intended", 2);
}
END_TEST

Suite *json_ours_suite(void);
Suite *json_ours_suite(void)
{
    Suite *suite = suite_create("json_ours");
    TCase *tests = tcase_create("json_ours");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, errors_of_all_kinds_are_there);
    tcase_add_test(tests, rows_have_the_same_keys);
    tcase_add_test(tests, the_only_row_is_all);
    tcase_add_test(tests, what_no_result_says_is_null);
    suite_add_tcase(suite, tests);
    return suite;
}
