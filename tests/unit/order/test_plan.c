#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/order/plan_json.h"

static struct plan plan;
static struct err err;

static void setup(void)
{
    plan = (struct plan){
        .name = "big bang",
        .schedule.rate = {100, NS_PER_S},
        .schedule.duration_ns = 10 * NS_PER_S,
        .timeout_ns = 30 * NS_PER_S,
        .max_workers = UINT64_MAX,
        .max_connections = UINT64_MAX,
        .keepalive = true,
        .threads = 4,
    };
}

static void expect_refusal(const char *words)
{
    ck_assert(!plan_check(&plan, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, words) != NULL, "got: %s", err.text);
}

START_TEST(a_usual_plan_is_good)
{
    ck_assert_msg(plan_check(&plan, &err), "%s", err.text);
    plan.schedule.duration_ns = 0;
    plan.timeout_ns = 0;
    ck_assert(plan_check(&plan, &err));
}
END_TEST

START_TEST(a_closed_loop_needs_a_number_of_workers)
{
    plan.schedule.rate.count = 0;
    expect_refusal("order.rate=0 requires order.max_workers");
    plan.max_workers = 1;
    ck_assert(plan_check(&plan, NULL));
    plan.max_workers = 1000000;
    ck_assert(plan_check(&plan, NULL));
}
END_TEST

START_TEST(a_closed_loop_has_at_most_a_million_workers)
{
    plan.schedule.rate.count = 0;
    plan.max_workers = 1000001;
    expect_refusal("order.max_workers: at most 1000000 with order.rate=0");
}
END_TEST

START_TEST(without_workers_or_connections_there_is_no_run)
{
    plan.max_workers = 0;
    expect_refusal("order.max_workers: must be at least 1");
    plan.max_workers = 1;
    plan.max_connections = 0;
    err = (struct err){0};
    expect_refusal("order.max_connections: must be at least 1");
}
END_TEST

START_TEST(without_threads_there_is_no_run)
{
    plan.threads = 0;
    expect_refusal("at least one thread");
}
END_TEST

static const struct {
    uint64_t max_workers, max_connections;
    uint64_t threads;
    uint64_t cap;
    uint64_t worth;
} caps[] = {
    {UINT64_MAX, UINT64_MAX, 4, UINT64_MAX, 4},
    {UINT64_MAX, 10, 4, 10, 4},
    {UINT64_MAX, 3, 4, 3, 3},
    {10, UINT64_MAX, 4, 10, 4},
    {2, UINT64_MAX, 4, 2, 2},
    {2, 3, 4, 2, 2},
    {3, 2, 4, 2, 2},
    {1, 1000, 4, 1, 1},
    {4, 4, 4, 4, 4},
    {UINT64_C(1) << 32, UINT64_MAX, 7, UINT64_C(1) << 32, 7},
};

START_TEST(the_smaller_cap_counts_and_no_more_threads_start_than_it_can_use)
{
    plan.max_workers = caps[_i].max_workers;
    plan.max_connections = caps[_i].max_connections;
    plan.threads = (unsigned)caps[_i].threads;
    ck_assert_uint_eq(plan_cap(&plan), caps[_i].cap);
    ck_assert_uint_eq(plan_threads(&plan), caps[_i].worth);
}
END_TEST

static const struct {
    struct schedule schedule;
    const char *rate, *as_json;
} schedules[] = {
    {{.type = SCHEDULE_POISSON, .rate = {3, NS_PER_S}, .seed = 9},
     "{\"count\":3,\"per\":1000000000}",
     "{\"kind\":\"poisson\",\"words\":\"3/1s poisson with seed "
     "9\",\"mean_per_second\":3.0,\"seed\":9}"},
    {{.type = SCHEDULE_SINE, .duration_ns = NS_PER_S, .sine = {7200, 60, 1000, SINE_DOWN}},
     "null",
     "{\"kind\":\"sine\",\"words\":\"2/s +- 1/m every 1\u00b5s from "
     "down\",\"mean_per_second\":2.0,\"sine\":{"
     "\"mean_per_hour\":7200,\"amplitude_per_hour\":60,\"period\":1000,\"start\":\"down\"}}"},
    {{.type = SCHEDULE_RAMP, .duration_ns = NS_PER_S, .stages = {{{NS_PER_S, 1, 3600}}, 1}},
     "null",
     "{\"kind\":\"ramp\",\"words\":\"from 1/h to 1/s in 1s\",\"mean_per_second\":1.0,\"stages\":[{"
     "\"duration\":1000000000,\"from_per_hour\":1,\"to_per_hour\":3600}]}"},
};

START_TEST(as_json_a_schedule_is_whole)
{
    plan.schedule = schedules[_i].schedule;
    json_t *json = plan_to_json(&plan, false);
    json_t *rate = json_loads(schedules[_i].rate, JSON_DECODE_ANY, NULL);
    json_t *expected = json_loads(schedules[_i].as_json, 0, NULL);
    ck_assert(json_equal(json_object_get(json, "rate"), rate));
    ck_assert(json_equal(json_object_get(json, "schedule"), expected));
    json_decref(expected);
    json_decref(rate);
    json_decref(json);
}
END_TEST

START_TEST(what_the_schedule_lacks_is_refused)
{
    plan.schedule.type = SCHEDULE_RAMP;
    plan.schedule.duration_ns = 0;
    expect_refusal("order.ramp needs order.duration");
}
END_TEST

START_TEST(as_json_none_is_null)
{
    json_t *json = plan_to_json(&plan, false);
    json_t *expected = json_loads(
        "{\"name\":\"big bang\","
        "\"rate\":{\"count\":100,\"per\":1000000000},"
        "\"schedule\":{\"kind\":\"constant\",\"words\":\"100/1s\","
        "\"mean_per_second\":100.0},"
        "\"duration\":10000000000,\"warmup\":null,\"timeout\":30000000000,"
        "\"max_workers\":null,\"max_connections\":null,"
        "\"keepalive\":true,\"max_body\":null,\"results\":true,\"threads\":4,"
        "\"connections\":0,\"redirects\":0,\"dns_ttl\":null,\"http2\":false,\"h2c\":false,"
        "\"insecure\":false,\"session_tickets\":false}",
        0, NULL);
    ck_assert(json_equal(json, expected));
    json_decref(json);
    plan.keeps_answers = true;
    plan.max_body = UINT64_MAX;
    json = plan_to_json(&plan, false);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "max_body")), -1);
    json_decref(json);
    plan.max_body = 7;
    json = plan_to_json(&plan, false);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "max_body")), 7);
    json_decref(json);
    plan.keeps_answers = false;
    plan.schedule.duration_ns = 0;
    plan.timeout_ns = 0;
    plan.max_workers = 3;
    plan.max_connections = 2;
    plan.keepalive = false;
    plan.name = NULL;
    json = plan_to_json(&plan, false);
    json_object_del(expected, "name");
    json_object_set_new(expected, "duration", json_null());
    json_object_set_new(expected, "max_workers", json_integer(3));
    json_object_set_new(expected, "max_connections", json_integer(2));
    json_object_set_new(expected, "timeout", json_null());
    json_object_set_new(expected, "keepalive", json_false());
    ck_assert(json_equal(json, expected));
    json_decref(json);
    json_decref(expected);
}
END_TEST

START_TEST(as_json_there_are_names_of_files_and_no_secrets)
{
    plan.tls.cert = "a.pem";
    plan.tls.key = "b.pem";
    plan.proxy.https = "http://user:pass@proxy:3128";
    plan.proxy.headers[0] = "Proxy-Authorization: Basic secret";
    plan.proxy.header_count = 1;
    json_t *json = plan_to_json(&plan, false);
    char *text = json_dumps(json, 0);
    ck_assert_ptr_nonnull(strstr(text, "\"cert\": \"a.pem\""));
    ck_assert_ptr_nonnull(strstr(text, "\"key\": \"b.pem\""));
    ck_assert_ptr_nonnull(strstr(text, "\"https_proxy\": \"proxy:3128\""));
    ck_assert_ptr_null(strstr(text, "pass"));
    ck_assert_ptr_null(strstr(text, "secret"));
    free(text);
    json_decref(json);
}
END_TEST

Suite *plan_suite(void);
Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_usual_plan_is_good);
    tcase_add_test(tests, a_closed_loop_needs_a_number_of_workers);
    tcase_add_test(tests, a_closed_loop_has_at_most_a_million_workers);
    tcase_add_test(tests, without_workers_or_connections_there_is_no_run);
    tcase_add_test(tests, without_threads_there_is_no_run);
    tcase_add_loop_test(tests, the_smaller_cap_counts_and_no_more_threads_start_than_it_can_use, 0,
                        sizeof caps / sizeof caps[0]);
    tcase_add_test(tests, as_json_none_is_null);
    tcase_add_test(tests, as_json_there_are_names_of_files_and_no_secrets);
    tcase_add_loop_test(tests, as_json_a_schedule_is_whole, 0, 3);
    tcase_add_test(tests, what_the_schedule_lacks_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
