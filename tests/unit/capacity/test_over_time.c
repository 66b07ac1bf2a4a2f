#include <check.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/capacity/trial/over_time.h"

static struct over_time *over_time;
static struct tally *tally;

static void setup(void)
{
    over_time = calloc(1, sizeof *over_time);
    tally = tally_create(false, false);
    ck_assert(over_time && tally);
}

static void teardown(void)
{
    tally_destroy(tally);
    free(over_time);
}

static void add_request(uint64_t latency_ns, uint16_t code)
{
    const struct result result = {.service_ns = latency_ns, .code = code};
    tally_add(tally, &result);
}

static void end_second(uint64_t index)
{
    const struct second second = {.index = index, .tally = tally};
    over_time_add(over_time, &second);
    tally_clear(tally);
}

static void expect(size_t i, const char *key, json_int_t expected)
{
    json_t *list = over_time_to_json(over_time);
    json_t *value = json_object_get(json_array_get(list, i), key);
    ck_assert_msg(json_is_integer(value), "%s is no integer", key);
    ck_assert_int_eq(json_integer_value(value), expected);
    json_decref(list);
}

START_TEST(each_second_of_a_short_trial_is_an_interval)
{
    over_time_begin(over_time, 10 * NS_PER_S);
    for (int i = 0; i < 98; i++) {
        add_request(1000, 200);
    }
    add_request(2000, 503);
    add_request(1900, 200);
    end_second(0);
    add_request(500, 200);
    end_second(1);
    ck_assert_uint_eq(over_time->count, 2);
    expect(0, "from_seconds", 0);
    expect(0, "to_seconds", 1);
    expect(0, "requests", 100);
    expect(0, "failures", 1);
    expect(0, "50th", 1000);
    expect(0, "99th", 1900);
    expect(0, "max", 2000);
    expect(1, "requests", 1);
    expect(1, "failures", 0);
    expect(1, "max", 500);
}
END_TEST

START_TEST(seconds_of_a_long_trial_share_an_interval)
{
    over_time_begin(over_time, 100 * NS_PER_S);
    for (uint64_t i = 0; i < 100; i++) {
        add_request(100 + i, 200);
        end_second(i);
    }
    ck_assert_uint_eq(over_time->count, 34);
    expect(0, "to_seconds", 3);
    expect(0, "requests", 3);
    expect(0, "50th", 101);
    expect(33, "from_seconds", 99);
    expect(33, "to_seconds", 100);
    expect(33, "max", 199);
}
END_TEST

START_TEST(a_second_without_answers_is_there)
{
    over_time_begin(over_time, NS_PER_S);
    end_second(0);
    ck_assert_uint_eq(over_time->count, 1);
    expect(0, "requests", 0);
    expect(0, "99th", 0);
}
END_TEST

START_TEST(a_drain_without_end_stays_bounded_and_loses_nothing)
{
    over_time_begin(over_time, 48 * NS_PER_S);
    for (uint64_t i = 0; i < 1000; i++) {
        add_request(1, 200);
        end_second(i);
    }
    ck_assert_uint_eq(over_time->count, OVER_TIME_MAX);
    uint64_t requests = 0;
    for (size_t i = 0; i < over_time->count; i++) {
        requests += over_time->list[i].requests;
    }
    ck_assert_uint_eq(requests, 1000);
    expect(OVER_TIME_MAX - 1, "to_seconds", 1000);
}
END_TEST

Suite *over_time_suite(void);
Suite *over_time_suite(void)
{
    Suite *suite = suite_create("over_time");
    TCase *tests = tcase_create("over_time");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_second_of_a_short_trial_is_an_interval);
    tcase_add_test(tests, seconds_of_a_long_trial_share_an_interval);
    tcase_add_test(tests, a_second_without_answers_is_there);
    tcase_add_test(tests, a_drain_without_end_stays_bounded_and_loses_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
