/* What the runners of the web server share: rates, names in errors, and how a search is shown. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/command/runners/order_rate.h"
#include "loadgen/command/runners/runner_error.h"
#include "loadgen/command/search/search_show.h"

static const struct {
    double per_s;
    uint64_t count;
    uint64_t seconds;
} rates[] = {
    {50, 50, 1},      {0.5, 1, 2},           {50.5, 101, 2},
    {0.001, 1, 1000}, {33.333, 33333, 1000}, {1e9, 1000000000, 1},
};

START_TEST(rates_are_whole_numbers_of_requests)
{
    struct rate rate = {0};
    ck_assert(order_rate("rate", rates[_i].per_s, &rate, NULL));
    ck_assert_uint_eq(rate.count, rates[_i].count);
    ck_assert_uint_eq(rate.per_ns, rates[_i].seconds * NS_PER_S);
    ck_assert_double_eq_tol(order_rate_per_s(&rate), rates[_i].per_s, 1e-9);
}
END_TEST

START_TEST(other_rates_are_refused)
{
    static const double bad[] = {0, -1, 0.0001, 1.1e9, (double)NAN, (double)INFINITY};
    const struct rate none = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rate rate;
        struct err err = {.code = ERR_NONE};
        ck_assert(!order_rate("min_rate", bad[i], &rate, &err));
        ck_assert_str_eq(err.text,
                         "min_rate: expected a number per second from 0.001 to 1000000000");
    }
    ck_assert_double_eq(order_rate_per_s(&none), 0);
}
END_TEST

static const struct {
    const char *text;
    const char *named;
} names[] = {
    {"users.host: expected a URL", "host: expected a URL"},
    {"search.max_rate: too low; set a lower search.min_rate",
     "max_rate: too low; set a lower min_rate"},
    {"search.journal: a exists", "-journal: a exists"},
    {"a.users.host and users.hosts", "a.users.host and users.hosts"},
    {"order.max_workers: must be at least 1", "-max-workers: must be at least 1"},
    {"order.ramp: all rates are 0", "ramp: all rates are 0"},
};

START_TEST(errors_name_what_the_client_can_change)
{
    struct err err = {.code = ERR_NONE};
    err_set(&err, ERR_USAGE, "%s", names[_i].text);
    runner_error_name(&err);
    ck_assert_str_eq(err.text, names[_i].named);
}
END_TEST

/* Searches. */

static struct capacity_search search;

static void set_up_search(void)
{
    search = (struct capacity_search){
        .trials = {{100, 5 * NS_PER_S, 6 * NS_PER_S, TRIAL_GOOD},
                   {200, 5 * NS_PER_S, 6 * NS_PER_S, TRIAL_BAD},
                   {100, 5 * NS_PER_S, 6 * NS_PER_S, TRIAL_INVALID}},
        .count = 3,
        .records = json_pack("[{s:i, s:{s:I}, s:s}, {s:i, s:{s:I}, s:s}, {}]", "answered", 500,
                             "latencies", "99th", (json_int_t)20500000, "reason", "", "answered", 0,
                             "latencies", "99th", (json_int_t)0, "reason", "errors<1% (100%)"),
        .move = {.step = SEARCH_HALVE, .rate = 150, .good_rate = 100, .bad_rate = 200},
    };
    ck_assert_ptr_nonnull(search.records);
}

static void tear_down_search(void)
{
    json_decref(search.records);
}

static void expect_shown(enum search_stage stage, const char *expected)
{
    json_error_t error;
    json_t *shown = search_show(&search, stage);
    json_t *json = json_loads(expected, 0, &error);
    ck_assert_msg(json != NULL, "%s", error.text);
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(json, key, value)
    {
        char *actual = json_dumps(json_object_get(shown, key), JSON_ENCODE_ANY);
        ck_assert_msg(json_equal(value, json_object_get(shown, key)), "%s: %s", key, actual);
        free(actual);
    }
    json_decref(json);
    json_decref(shown);
}

START_TEST(a_search_that_goes_on_is_shown)
{
    expect_shown(SEARCH_WARMS_UP, "{\"phase\": \"warming up\", \"rate\": null}");
    expect_shown(SEARCH_BETWEEN_TRIALS, "{\"phase\": \"searching\", \"rate\": null}");
    expect_shown(
        SEARCH_IN_TRIAL,
        "{\"phase\": \"searching\", \"rate\": 150.0, \"lower\": 100.0, \"upper\": 200.0,"
        " \"result\": null, \"trials\": ["
        "{\"rate\": 100.0, \"seconds\": 5.0, \"outcome\": \"good\", \"why\": \"\", \"p99_ms\": "
        "20.5},"
        "{\"rate\": 200.0, \"seconds\": 5.0, \"outcome\": \"bad\", \"why\": \"errors<1% (100%)\","
        " \"p99_ms\": null},"
        "{\"rate\": 100.0, \"seconds\": 5.0, \"outcome\": \"invalid\", \"why\": \"\", \"p99_ms\": "
        "null}"
        "]}");
    search.move.step = SEARCH_VERIFY;
    expect_shown(SEARCH_IN_TRIAL, "{\"phase\": \"verifying\"}");
}
END_TEST

START_TEST(a_search_that_has_ended_is_shown)
{
    expect_shown(SEARCH_ENDED,
                 "{\"phase\": \"done\", \"result\": {\"capacity\": null, \"low\": 100.0,"
                 " \"high\": 200.0, \"text\":"
                 " \"the search was stopped: so far, 100/s meets the SLO, 200/s does not\","
                 " \"confidence\":"
                 " \"at 100/s, 1 of 2 trials met the SLO; at 200/s, 0 of 1 trial met the SLO\"}}");
    expect_shown(SEARCH_FAILED, "{\"phase\": \"done\", \"upper\": 200.0, \"result\": null}");
    search.move.is_done = true;
    search.move.verdict = SEARCH_FOUND;
    expect_shown(SEARCH_ENDED,
                 "{\"result\": {\"capacity\": 100.0, \"low\": 100.0, \"high\": 200.0,"
                 " \"text\": \"100/s meets the SLO, 200/s does not\", \"confidence\":"
                 " \"at 100/s, 1 of 2 trials met the SLO; at 200/s, 0 of 1 trial met the SLO\"}}");
}
END_TEST

START_TEST(a_search_that_has_not_begun_is_shown)
{
    json_t *shown = search_show(NULL, SEARCH_ENDED);
    const json_t *result = json_object_get(shown, "result");
    ck_assert_str_eq(json_string_value(json_object_get(result, "text")),
                     "the search was stopped before the first result");
    ck_assert(json_is_null(json_object_get(result, "confidence")));
    ck_assert_uint_eq(json_array_size(json_object_get(shown, "trials")), 0);
    json_decref(shown);
}
END_TEST

Suite *runners_suite(void);
Suite *runners_suite(void)
{
    Suite *suite = suite_create("runners");
    TCase *tests = tcase_create("runners");
    TCase *searches = tcase_create("searches");
    tcase_add_loop_test(tests, rates_are_whole_numbers_of_requests, 0,
                        sizeof rates / sizeof rates[0]);
    tcase_add_test(tests, other_rates_are_refused);
    tcase_add_loop_test(tests, errors_name_what_the_client_can_change, 0,
                        sizeof names / sizeof names[0]);
    tcase_add_checked_fixture(searches, set_up_search, tear_down_search);
    tcase_add_test(searches, a_search_that_goes_on_is_shown);
    tcase_add_test(searches, a_search_that_has_ended_is_shown);
    tcase_add_test(searches, a_search_that_has_not_begun_is_shown);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, searches);
    return suite;
}
