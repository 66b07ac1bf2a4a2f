/* Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/web/orders/orders.h"

static const char kind[] = "kind: expected \"users\", \"rate\" or \"capacity\"";
static const char users[] = "users: expected a whole number from 1 to 1000000";
static const char host[] = "host: expected a URL such as \"http://127.0.0.1:5000\"";
static const char rate[] = "rate: expected a number above 0, and at most 10000000";
static const char time[] = "run_time: expected a duration as text, such as \"10s\" or \"1m30s\"";
static const char shape[] = "users: the scenario's Shape sets the number of users";

/* What the JSON asks for, as orders_to_json shows it; or FIELD: and what is wrong. */
static const struct {
    const char *json;
    bool has_shape;
    const char *order;
} orders[] = {
    {"{'kind': 'users', 'users': 10, 'spawn_rate': 2}", false,
     "{'kind':'users','users':10,'spawn_rate':2.0}"},
    {"{'kind': 'users', 'users': 1000000, 'spawn_rate': 0.5, 'host': 'http://a:1/b', "
     "'run_time': '90s'}",
     false,
     "{'kind':'users','users':1000000,'spawn_rate':0.5,'host':'http://a:1/b','run_time':'1m30s'}"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'host': null, 'run_time': null}", false,
     "{'kind':'users','users':1,'spawn_rate':1.0}"},
    {"{'kind': 'users', 'run_time': '1h'}", true, "{'kind':'users','run_time':'1h0m0s'}"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'host': 'http://me:s3cret@a/?token=x'}", false,
     "{'kind':'users','users':1,'spawn_rate':1.0,'host':'http://***@a/?token=*'}"},
    {"{'kind': 'rate', 'rate': 200}", false, "{'kind':'rate','rate':200.0}"},
    {"{'kind': 'rate', 'rate': 0.1, 'duration': '250ms'}", false,
     "{'kind':'rate','rate':0.1,'duration':'250ms'}"},
    {"{'kind': 'capacity'}", false, "{'kind':'capacity','quick':false}"},
    {"{'kind': 'capacity', 'min_rate': 10, 'max_rate': 900, 'quick': true}", true,
     "{'kind':'capacity','min_rate':10.0,'max_rate':900.0,'quick':true}"},
    {"{'kind': 'capacity', 'min_rate': 10, 'max_rate': 10}", false,
     "{'kind':'capacity','min_rate':10.0,'max_rate':10.0,'quick':false}"},

    {"[]", false, ": the body is not a JSON object"},
    {"'users'", false, ": the body is not a JSON object"},
    {"{}", false, kind},
    {"{'kind': 1}", false, kind},
    {"{'kind': 'Users'}", false, kind},
    {"{'kind': null}", false, kind},
    {"{'kind': 'users'}", false, "users: is missing"},
    {"{'kind': 'users', 'users': 1}", false, "spawn_rate: is missing"},
    {"{'kind': 'users', 'users': null, 'spawn_rate': 1}", false, "users: is missing"},
    {"{'kind': 'users', 'users': '1', 'spawn_rate': 1}", false, users},
    {"{'kind': 'users', 'users': 1.0, 'spawn_rate': 1}", false, users},
    {"{'kind': 'users', 'users': true, 'spawn_rate': 1}", false, users},
    {"{'kind': 'users', 'users': 0, 'spawn_rate': 1}", false, users},
    {"{'kind': 'users', 'users': -1, 'spawn_rate': 1}", false, users},
    {"{'kind': 'users', 'users': 1000001, 'spawn_rate': 1}", false, users},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1}", true, shape},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'host': ''}", false, host},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'host': 7}", false, host},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'host': 'a\\nb'}", false, host},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'run_time': 90}", false, time},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'run_time': 'soon'}", false,
     "run_time: \"soon\" is not a duration; write a number and a unit, such as 10s, 1m30s or "
     "250ms"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'rate': 1}", false,
     "rate: unknown field; a run of kind \"users\" takes: users, spawn_rate, host, "
     "run_time, arguments"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'proxy': null}", false,
     "proxy: unknown field; a run of kind \"users\" takes: users, spawn_rate, "
     "host, run_time, arguments"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': {'shards': 5, 'name': 'a=b', "
     "'ratio': 0.25, 'fast': true, 'api_token': 'x'}}",
     false,
     "{'kind':'users','users':1,'spawn_rate':1.0,'arguments':{'shards':'5','name':'a=b',"
     "'ratio':'0.25','fast':'true','api_token':'***'}}"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': {'name': 1.1, 'ratio': "
     "0.30000000000000004}}",
     false,
     "{'kind':'users','users':1,'spawn_rate':1.0,'arguments':{'name':'1.1','ratio':"
     "'0.30000000000000004'}}"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': {}}", false,
     "{'kind':'users','users':1,'spawn_rate':1.0}"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': 5}", false,
     "arguments: expected an object such as {\"name\": \"value\"}"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': {'shard': 5}}", false,
     "arguments.shard: unknown argument; the scenario declares: shards, name, ratio, fast, "
     "api_token"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': {'name': null}}", false,
     "arguments.name: expected a string, a number, true or false"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': {'name': 'a\\nb'}}", false,
     "arguments.name: the value has control characters or invalid UTF-8"},
    {"{'kind': 'users', 'users': 1, 'spawn_rate': 1, 'arguments': {'name': 'x'}}", true, shape},
    {"{'kind': 'rate'}", false, "rate: is missing"},
    {"{'kind': 'rate', 'rate': 0}", false, rate},
    {"{'kind': 'rate', 'rate': -1}", false, rate},
    {"{'kind': 'rate', 'rate': 1e8}", false, rate},
    {"{'kind': 'rate', 'rate': '5'}", false, rate},
    {"{'kind': 'rate', 'rate': 1, 'run_time': '1s'}", false,
     "run_time: unknown field; a run of kind \"rate\" takes: rate, ramp, sine, "
     "stages, arrival, duration"},
    {"{'kind': 'rate', 'rate': 5, 'arrival': 'poisson'}", false,
     "{'kind':'rate','rate':5.0,'arrival':'poisson'}"},
    {"{'kind': 'rate', 'ramp': '10:500', 'duration': '1m'}", false,
     "{'kind':'rate','ramp':'10:500','duration':'1m0s'}"},
    {"{'kind': 'rate', 'sine': '100:50:1m:peak', 'duration': '2m', 'rate': null}", false,
     "{'kind':'rate','sine':'100:50:1m:peak','duration':'2m0s'}"},
    {"{'kind': 'rate', 'stages': '30s:100,1m:500', 'arrival': 'constant'}", false,
     "{'kind':'rate','stages':'30s:100,1m:500','arrival':'constant'}"},
    {"{'kind': 'rate', 'rate': 5, 'arrival': 'random'}", false,
     "arrival: expected \"constant\" or \"poisson\""},
    {"{'kind': 'rate', 'ramp': 5, 'duration': '1m'}", false,
     "ramp: expected a text such as \"10:500\""},
    {"{'kind': 'rate', 'stages': ''}", false, "stages: expected a text such as \"30s:100,1m:500\""},
    {"{'kind': 'rate', 'rate': 5, 'ramp': '1:2', 'duration': '1m'}", false,
     "rate: ramp sets the rate, too; use one of them"},
    {"{'kind': 'rate', 'ramp': '1:2', 'sine': '100:50:1m', 'duration': '1m'}", false,
     "ramp: sine sets the rate, too; use one of them"},
    {"{'kind': 'rate', 'ramp': '1:2'}", false, "duration: is missing; ramp needs it"},
    {"{'kind': 'rate', 'sine': '100:50:1m', 'duration': '0s'}", false,
     "duration: is missing; sine needs it"},
    {"{'kind': 'rate', 'stages': '30s:100', 'duration': '1m'}", false,
     "duration: the stages have times of their own; leave this out"},
    {"{'kind': 'rate', 'ramp': '1:2', 'duration': '1m', 'arrival': 'poisson'}", false,
     "arrival: poisson needs a constant rate, not ramp"},
    {"{'kind': 'capacity', 'users': 8, 'host': 'http://a:1', 'arguments': {'shards': '5'}}", false,
     "{'kind':'capacity','users':8,'host':'http://a:1','arguments':{'shards':'5'},'quick':false}"},
    {"{'kind': 'capacity', 'quick': 1}", false, "quick: expected true or false"},
};
enum { ORDERS = sizeof orders / sizeof orders[0] };

/* Of a scenario. */
static struct runner plain = {.kind = RUN_USERS};
static struct runner shaped = {.kind = RUN_USERS, .has_shape = true};

static void declare(void)
{
    plain.arguments = json_pack("[{s:s}, {s:s}, {s:s}, {s:s}, {s:s}]", "name", "shards", "name",
                                "name", "name", "ratio", "name", "fast", "name", "api_token");
    shaped.arguments = json_incref(plain.arguments);
}

static void forget(void)
{
    json_decref(plain.arguments);
    json_decref(shaped.arguments);
}

static json_t *read_json(const char *quoted)
{
    char *text = strdup(quoted);
    ck_assert_ptr_nonnull(text);
    for (char *c = text; *c; c++) {
        if (*c == '\'') {
            *c = '"';
        }
    }
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    free(text);
    return json;
}

static void check_refusal(const struct orders *refused, const struct err *err, const char *expected)
{
    char text[sizeof err->text + sizeof refused->field + 2];
    snprintf(text, sizeof text, "%s: %s", refused->field, err->text);
    ck_assert_int_eq(err->code, ERR_USAGE);
    ck_assert_str_eq(text, expected);
}

static void check_order(const struct run_order *order, const char *expected)
{
    json_t *shown = orders_to_json(order);
    json_t *json = read_json(expected);
    char *text = json_dumps(shown, JSON_COMPACT | JSON_REAL_PRECISION(9));
    ck_assert_msg(json_equal(shown, json), "%s", text);
    free(text);
    json_decref(json);
    json_decref(shown);
}

START_TEST(orders_are_read_strictly)
{
    struct orders read;
    struct err err = {.code = ERR_NONE};
    json_t *json = read_json(orders[_i].json);
    if (orders_read(&read, json, orders[_i].has_shape ? &shaped : &plain, &err)) {
        check_order(&read.order, orders[_i].order);
    } else {
        check_refusal(&read, &err, orders[_i].order);
    }
    json_decref(json);
}
END_TEST

/* Of a server with targets. */
static const struct {
    const char *json;
    const char *order;
} without_scenario[] = {
    {"{'kind': 'capacity', 'max_rate': 9}", "{'kind':'capacity','max_rate':9.0,'quick':false}"},
    {"{'kind': 'capacity', 'host': 'http://a'}",
     "host: is for scenarios; this server sends requests to targets, which have hosts of their "
     "own"},
    {"{'kind': 'capacity', 'users': 5}",
     "users: is for scenarios; this server sends requests to targets, which have hosts of their "
     "own"},
    {"{'kind': 'capacity', 'arguments': {'a': 'b'}}",
     "arguments: is for scenarios; this server sends requests to targets, which have hosts of "
     "their own"},
    {"{'kind': 'capacity', 'proxy': 1}",
     "proxy: unknown field; a run of kind \"capacity\" takes: min_rate, max_rate, "
     "quick"},
};

START_TEST(targets_take_nothing_of_a_scenario)
{
    struct orders read;
    struct err err = {.code = ERR_NONE};
    json_t *json = read_json(without_scenario[_i].json);
    if (orders_read(&read, json, NULL, &err)) {
        check_order(&read.order, without_scenario[_i].order);
    } else {
        check_refusal(&read, &err, without_scenario[_i].order);
    }
    json_decref(json);
}
END_TEST

START_TEST(arguments_have_a_limit)
{
    struct orders read;
    struct err err = {.code = ERR_NONE};
    char value[RUN_ARGUMENTS_BYTES];
    size_t most = sizeof value - sizeof "name=";
    memset(value, 'x', sizeof value);
    value[most] = '\0';
    json_t *json = json_pack("{s:s, s:i, s:i, s:{s:s}}", "kind", "users", "users", 1, "spawn_rate",
                             1, "arguments", "name", value);
    ck_assert(orders_read(&read, json, &plain, &err));
    ck_assert_uint_eq(read.order.arguments.length, RUN_ARGUMENTS_BYTES);
    value[most] = 'x';
    value[most + 1] = '\0';
    json_object_set_new(json_object_get(json, "arguments"), "name", json_string(value));
    ck_assert(!orders_read(&read, json, &plain, &err));
    check_refusal(&read, &err, "arguments.name: the arguments are longer than 4096 bytes");
    json_decref(json);
}
END_TEST

static const struct run_order of_users = {.kind = RUN_USERS, .users = 5, .spawn_per_s = 3};
static const struct run_order of_rate = {.kind = RUN_RATE, .rate_per_s = 7};
static const struct run_order of_ramp = {
    .kind = RUN_RATE, .course = COURSE_RAMP, .course_text = "1:9"};
static const struct run_order of_search = {.kind = RUN_CAPACITY};

static const struct {
    const struct run_order *order;
    const char *json;
    const char *change;
} changes[] = {
    {&of_users, "{'users': 9, 'spawn_rate': 2}", "{'kind':'users','users':9,'spawn_rate':2.0}"},
    {&of_users, "{'users': 9}", "{'kind':'users','users':9,'spawn_rate':3.0}"},
    {&of_rate, "{'rate': 9}", "{'kind':'rate','rate':9.0}"},
    {&of_users, "{}", "users: is missing"},
    {&of_users, "{'spawn_rate': 2}", "users: is missing"},
    {&of_users, "{'users': 9, 'host': 'http://a'}",
     "host: cannot be changed while a test is running"},
    {&of_users, "{'rate': 9}",
     "rate: unknown field; a change to a run of kind \"users\" takes: users, spawn_rate"},
    {&of_users, "{'kind': 'users', 'users': 9}",
     "kind: unknown field; a change to a run of kind \"users\" takes: users, spawn_rate"},
    {&of_rate, "{}", "rate: is missing"},
    {&of_ramp, "{'rate': 9}", "{'kind':'rate','rate':9.0}"},
    {&of_ramp, "{'ramp': '1:2'}", "ramp: cannot be changed while a test is running"},
    {&of_users, "{'users': 9, 'arguments': {'shards': 5}}",
     "arguments: cannot be changed while a test is running"},
    {&of_search, "{'max_rate': 9}", "max_rate: cannot be changed while a test is running"},
    {&of_search, "{'users': 9}", "users: cannot be changed while a test is running"},
    {&of_search, "{'rate': 9}",
     "rate: unknown field; a change to a run of kind \"capacity\" takes: nothing"},
    {&of_rate, "[]", ": the body is not a JSON object"},
};
enum { CHANGES = sizeof changes / sizeof changes[0] };

START_TEST(changes_are_read_strictly)
{
    struct orders read;
    struct err err = {.code = ERR_NONE};
    json_t *json = read_json(changes[_i].json);
    if (orders_read_change(&read, json, changes[_i].order, &err)) {
        check_order(&read.order, changes[_i].change);
    } else {
        check_refusal(&read, &err, changes[_i].change);
    }
    json_decref(json);
}
END_TEST

Suite *orders_suite(void);
Suite *orders_suite(void)
{
    Suite *suite = suite_create("orders");
    TCase *tests = tcase_create("orders");
    tcase_add_checked_fixture(tests, declare, forget);
    tcase_add_loop_test(tests, orders_are_read_strictly, 0, ORDERS);
    tcase_add_loop_test(tests, targets_take_nothing_of_a_scenario, 0,
                        sizeof without_scenario / sizeof *without_scenario);
    tcase_add_test(tests, arguments_have_a_limit);
    tcase_add_loop_test(tests, changes_are_read_strictly, 0, CHANGES);
    suite_add_tcase(suite, tests);
    return suite;
}
