/* Users on their way to a worker: what arrives, and what is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/order/files.h"
#include "loadgen/target/targets.h"
#include "loadgen/users/cargo.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/prepare.h"

static char folder[] = "/tmp/test_cargo.XXXXXX";
static char path[64];
static char data[64];
static struct users_order users;
static struct targets targets;
static struct order_files files;
static struct err err;
static const char *const arguments[] = {"shop=two"};

static void write_file(const char *name, const char *text)
{
    FILE *out = fopen(name, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_cargo.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s.lua", folder);
    snprintf(data, sizeof data, "%s/d.csv", folder);
    write_file(data, "name\nann\nbob\n");
    setenv("CARGO_TEST", "here", 1);
    err = (struct err){.code = ERR_NONE};
}

static void teardown(void)
{
    users_close(&users);
    targets_free(&targets);
    order_files_free(&files);
    unlink(path);
    unlink(data);
    rmdir(folder);
}

static void open_users(const char *text)
{
    write_file(path, text);
    users = (struct users_order){
        .host = "http://127.0.0.1:9",
        .arguments = {arguments, 1},
        .users = 7,
        .spawn_per_s = 2.5,
        .schedule = {.rate = {0, NS_PER_S}},
        .max_requests = UINT64_MAX,
        .max_iterations = UINT64_MAX,
        .stop_timeout_ns = 3,
        .max_bytes = (size_t)32 << 20,
        .seed = 4,
        .quit_code = -1,
    };
    ck_assert_msg(users_open(&users, path, &targets, &err), "%s", err.text);
}

#define DECLARES                                                                                   \
    "local shop = arg('shop', 'one')\n"                                                            \
    "assert(shop == 'two' and env('CARGO_TEST') == 'here' and env('CARGO_UNSET', 5) == 5)\n"       \
    "assert(read_file('d.csv'):sub(1, 4) == 'name')\n"                                             \
    "local A = User {}\n"                                                                          \
    "A:task(function(self) self:get('/') end)\n"

static json_t *pack(void)
{
    const struct source source = users_source(&users);
    json_t *json = users_cargo.pack(&source, &files, &err);
    char *text = json ? json_dumps(json, 0) : NULL;
    json_decref(json);
    json = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return json;
}

/* Where nothing of the sender's machine is. */
static bool unpack(const json_t *json, struct source *source)
{
    struct targets got = {0};
    setenv("CARGO_TEST", "there", 1);
    unlink(path);
    unlink(data);
    err = (struct err){.code = ERR_NONE};
    bool ok = users_cargo.unpack(json, &files, &got, source, &err);
    ck_assert(!ok || got.endpoint_count == 1);
    targets_free(&got);
    return ok;
}

START_TEST(users_arrive_as_they_were)
{
    struct source source;
    open_users(DECLARES "local f = feeder('d.csv')\nassert(#f == 2)");
    json_t *json = pack();
    ck_assert_msg(json != NULL, "%s", err.text);
    ck_assert_msg(unpack(json, &source), "%s", err.text);
    const struct users_order *got = source.state;
    ck_assert_uint_eq(got->users, 7);
    ck_assert_double_eq(got->spawn_per_s, 2.5);
    ck_assert_uint_eq(got->stop_timeout_ns, 3);
    ck_assert_uint_eq(got->seed, 4);
    ck_assert_uint_eq(got->max_bytes, users.max_bytes);
    ck_assert_str_eq(got->host, users.host);
    ck_assert_str_eq(got->scenario.path, path);
    ck_assert_uint_eq(got->class_count, 1);
    ck_assert_ptr_null(got->setup);
    ck_assert(schedule_is_closed(&got->schedule));
    ck_assert_uint_eq(got->max_requests, UINT64_MAX);
    ck_assert_uint_eq(got->max_iterations, UINT64_MAX);
    users_cargo.discard(&source);
    json_decref(json);
}
END_TEST

START_TEST(what_all_users_do_arrives_as_it_was)
{
    struct source source;
    open_users(DECLARES);
    users.max_requests = 11;
    users.max_iterations = 12;
    users.schedule = (struct schedule){
        .type = SCHEDULE_POISSON,
        .duration_ns = 3 * NS_PER_S,
        .rate = {7, NS_PER_S},
        .seed = UINT64_MAX - 1,
    };
    json_t *json = pack();
    ck_assert_msg(unpack(json, &source), "%s", err.text);
    const struct users_order *order = source.state;
    const struct schedule *got = &order->schedule;
    ck_assert_uint_eq(order->max_requests, 11);
    ck_assert_uint_eq(order->max_iterations, 12);
    ck_assert_int_eq(got->type, SCHEDULE_POISSON);
    ck_assert_uint_eq(got->duration_ns, 3 * NS_PER_S);
    ck_assert_uint_eq(got->rate.count, 7);
    ck_assert_uint_eq(got->rate.per_ns, NS_PER_S);
    ck_assert_uint_eq(got->seed, UINT64_MAX - 1);
    users_cargo.discard(&source);
    json_decref(json);
}
END_TEST

/* Each is put into a correct rate. */
static const struct {
    const char *key;
    const char *value;
} wrong_rates[] = {
    {"kind", "\"sine\""}, {"kind", "1"},        {"count", "0"},  {"count", "2000000000"},
    {"count", "-1"},      {"per", "0"},         {"per", "null"}, {"duration", "-1"},
    {"duration", "1.5"},  {"duration", "\"\""},
};

START_TEST(a_wrong_rate_is_refused)
{
    struct source source;
    open_users(DECLARES);
    users.schedule.rate = (struct rate){7, NS_PER_S};
    json_t *json = pack();
    json_t *value = json_loads(wrong_rates[_i].value, JSON_DECODE_ANY, NULL);
    json_object_set_new(json_object_get(json, "rate"), wrong_rates[_i].key, value);
    ck_assert(!unpack(json, &source));
    ck_assert_ptr_nonnull(strstr(err.text, "source.rate"));
    json_decref(json);
}
END_TEST

START_TEST(what_is_missing_or_wrong_is_refused)
{
    static const char *const keys[] = {"files",        "users",  "spawn_per_second",
                                       "stop_timeout", "memory", "seed"};
    struct source source;
    open_users(DECLARES);
    json_t *json = pack();
    ck_assert_msg(json != NULL, "%s", err.text);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *without = json_deep_copy(json);
        json_object_del(without, keys[i]);
        ck_assert(!unpack(without, &source));
        ck_assert_ptr_nonnull(strstr(err.text, keys[i]));
        json_object_set_new(without, keys[i], json_string("x"));
        ck_assert(!unpack(without, &source));
        json_decref(without);
    }
    static const char *const limits[] = {"requests", "iterations"};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        json_object_set_new(json, limits[i], json_integer(0));
        ck_assert(!unpack(json, &source));
        ck_assert_ptr_nonnull(strstr(err.text, limits[i]));
        json_object_del(json, limits[i]);
    }
    json_object_set_new(json, "setup", json_string("no copy"));
    ck_assert(!unpack(json, &source));
    json_object_del(json, "setup");
    json_array_clear(json_object_get(json, "variables"));
    ck_assert(!unpack(json, &source));
    ck_assert_ptr_nonnull(strstr(err.text, "CARGO_TEST is not known to this worker"));
    json_decref(json);
}
END_TEST

static const struct {
    const char *text;
    const char *problem;
} unsent[] = {
    {DECLARES "Shape { tick = function() return 1, 1 end }", "the tick of a Shape cannot be sent"},
};

START_TEST(what_workers_cannot_share_is_refused)
{
    open_users(unsent[_i].text);
    ck_assert_ptr_null(pack());
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, unsent[_i].problem) != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_file_that_has_changed_is_refused)
{
    open_users(DECLARES);
    write_file(data, "name\neve\n");
    ck_assert_ptr_null(pack());
    ck_assert_ptr_nonnull(strstr(err.text, "d.csv has changed"));
}
END_TEST

START_TEST(an_account_has_errors_and_quit)
{
    struct exceptions exceptions;
    open_users(DECLARES);
    const struct source source = users_source(&users);
    exceptions_init(&exceptions);
    json_t *clean = users_cargo.account(&source);
    ck_assert(!users_cargo.take_account(&source, clean, &exceptions));
    json_t *json = json_loads(
        "{\"exceptions\": [{\"message\": \"fell\", \"count\": 3}], \"quit\": 5}", 0, NULL);
    ck_assert(users_cargo.take_account(&source, json, &exceptions));
    ck_assert_uint_eq(exceptions.total, 3);
    ck_assert_uint_eq(users.exceptions.total, 3);
    ck_assert_int_eq(users.quit_code, 5);
    json_object_set_new(json, "quit", json_integer(1 << 30));
    users.is_quitting = false;
    ck_assert(users_cargo.take_account(&source, json, &exceptions));
    ck_assert_int_eq(users.quit_code, -1);
    json_decref(json);
    json_decref(clean);
    exceptions_fini(&exceptions);
}
END_TEST

Suite *cargo_suite(void);
Suite *cargo_suite(void)
{
    Suite *suite = suite_create("cargo");
    TCase *tests = tcase_create("cargo");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, users_arrive_as_they_were);
    tcase_add_test(tests, what_all_users_do_arrives_as_it_was);
    tcase_add_loop_test(tests, a_wrong_rate_is_refused, 0,
                        sizeof wrong_rates / sizeof wrong_rates[0]);
    tcase_add_test(tests, what_is_missing_or_wrong_is_refused);
    tcase_add_loop_test(tests, what_workers_cannot_share_is_refused, 0,
                        sizeof unsent / sizeof unsent[0]);
    tcase_add_test(tests, a_file_that_has_changed_is_refused);
    tcase_add_test(tests, an_account_has_errors_and_quit);
    suite_add_tcase(suite, tests);
    return suite;
}
