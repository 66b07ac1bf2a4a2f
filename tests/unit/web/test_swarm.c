/* Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/web/locust/swarm.h"

static const char users[] = "user_count: expected a number of users from 1 to 1000000";
static const char rate[] = "spawn_rate: expected a number of users per second above 0";
static const char host[] = "host: expected a URL such as http://127.0.0.1:5000";
static const char run_time[] =
    "Valid run_time formats are : 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.";
static const char missing[] = "Missing user_count or spawn_rate from /swarm request";

/* What the form asks for: users, rate, seconds, host; or what is wrong. */
static const struct {
    const char *form;
    const char *order;
} forms[] = {
    {"user_count=4&spawn_rate=1", "4 1 0 -"},
    {"locust_count=4&hatch_rate=0.5", "4 0.5 0 -"},
    {"user_count=4&spawn_rate=1&run_time=90&host=http%3A//a:1", "4 1 90 http://a:1"},
    {"user_count=1&user_count=2&locust_count=3&spawn_rate=5", "1 5 0 -"},
    {"user_count=1&spawn_rate=1&run_time=&host=&x=y", "1 1 0 -"},
    {"user_count=1&spawn_rate=1&host=<b>http://a</b>", "1 1 0 bhttp://a/b"},
    {"user_count=1000000&spawn_rate=1e3", "1000000 1000 0 -"},
    {"user_count=1&spawn_rate=1&run_time=20s", "1 1 20 -"},
    {"user_count=1&spawn_rate=1&run_time=3m", "1 1 180 -"},
    {"user_count=1&spawn_rate=1&run_time=2h", "1 1 7200 -"},
    {"user_count=1&spawn_rate=1&run_time=1h20m", "1 1 4800 -"},
    {"user_count=1&spawn_rate=1&run_time=3h30m10s", "1 1 12610 -"},
    {"user_count=1&spawn_rate=1&run_time=0", "1 1 0 -"},
    {"user_count=1&spawn_rate=1&run_time=999999999", "1 1 999999999 -"},
    {"", missing},
    {"users=4&spawn_rate=1", missing},
    {"spawn_rate=1", missing},
    {"user_count=1", missing},
    {"user_count=many&spawn_rate=1", users},
    {"user_count=&spawn_rate=1", users},
    {"user_count=0&spawn_rate=1", users},
    {"user_count=-1&spawn_rate=1", users},
    {"user_count=1.5&spawn_rate=1", users},
    {"user_count=1000001&spawn_rate=1", users},
    {"user_count=99999999999999999999&spawn_rate=1", users},
    {"user_count=1&spawn_rate=fast", rate},
    {"user_count=1&spawn_rate=", rate},
    {"user_count=1&spawn_rate=0", rate},
    {"user_count=1&spawn_rate=-1", rate},
    {"user_count=1&spawn_rate=nan", rate},
    {"user_count=1&spawn_rate=inf", rate},
    {"user_count=1&spawn_rate=1&host=a%0Ab", host},
    {"user_count=1&spawn_rate=1&host=%ff", host},
    {"user_count=1&spawn_rate=1&run_time=soon", run_time},
    {"user_count=1&spawn_rate=1&run_time=1.5", run_time},
    {"user_count=1&spawn_rate=1&run_time=10s20m", run_time},
    {"user_count=1&spawn_rate=1&run_time=1h1", run_time},
    {"user_count=1&spawn_rate=1&run_time=1000000000", run_time},
    {"user_count=1&spawn_rate=1&run_time=999999999h", run_time},
    {"run_time=soon&user_count=many&spawn_rate=1", run_time}, /* the first that is wrong */
};

static struct runner plain = {.kind = RUN_USERS};
static const struct runner shaped = {.kind = RUN_USERS, .has_shape = true};

static bool read_text(struct swarm *swarm, const char *text, struct err *err)
{
    struct form form;
    char *body = strdup(text);
    bool ok = form_read(&form, "application/x-www-form-urlencoded", body, strlen(body), err) &&
              swarm_read(swarm, &form, &plain, err);
    free(body);
    return ok;
}

START_TEST(forms_become_orders)
{
    struct swarm swarm;
    struct err err = {.code = ERR_NONE};
    char text[256];
    if (read_text(&swarm, forms[_i].form, &err)) {
        const struct run_order *order = &swarm.order;
        snprintf(text, sizeof text, "%llu %g %llu %s", (unsigned long long)order->users,
                 order->spawn_per_s, (unsigned long long)(order->run_time_ns / 1000000000),
                 order->host ? order->host : "-");
        ck_assert_str_eq(text, forms[_i].order);
    } else {
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_str_eq(err.text, forms[_i].order);
    }
}
END_TEST

START_TEST(with_a_shape_numbers_are_checked_and_ignored)
{
    struct swarm swarm;
    struct err err = {.code = ERR_NONE};
    struct form form = {0};
    ck_assert(swarm_read(&swarm, &form, &shaped, &err));
    form = (struct form){2, {{"user_count", "7"}, {"run_time", "5"}}};
    ck_assert(swarm_read(&swarm, &form, &shaped, &err));
    ck_assert_uint_eq(swarm.order.users, 0);
    ck_assert_uint_eq(swarm.order.run_time_ns, 5000000000);
    form = (struct form){1, {{"user_count", "x"}}};
    ck_assert(!swarm_read(&swarm, &form, &shaped, &err));
}
END_TEST

START_TEST(declared_arguments_are_taken)
{
    struct swarm swarm;
    struct err err = {.code = ERR_NONE};
    const struct run_arguments *arguments = &swarm.order.arguments;
    plain.arguments =
        json_pack("[{s:s}, {s:s}, {s:s}]", "name", "shards", "name", "name", "name", "run_time");
    ck_assert(read_text(
        &swarm, "user_count=4&shards=5&spawn_rate=1&name=a%3Db&other=x&shards=6&run_time=9", &err));
    static const char expected[] = "shards=5\0name=a=b";
    ck_assert_uint_eq(arguments->length, sizeof expected);
    ck_assert_mem_eq(arguments->list, expected, sizeof expected);
    ck_assert_uint_eq(swarm.order.run_time_ns, 9000000000);
    ck_assert(!read_text(&swarm, "user_count=4&spawn_rate=1&name=a%0Ab", &err));
    ck_assert_str_eq(err.text, "name: the value has control characters or invalid UTF-8");
    json_decref(plain.arguments);
    plain.arguments = NULL;
}
END_TEST

START_TEST(hosts_are_limited)
{
    char text[SWARM_HOST_MAX + 64];
    struct swarm swarm;
    struct err err = {.code = ERR_NONE};
    int length = snprintf(text, sizeof text, "user_count=1&spawn_rate=1&host=");
    memset(text + length, 'a', SWARM_HOST_MAX + 1);
    text[length + SWARM_HOST_MAX] = '\0';
    ck_assert(read_text(&swarm, text, &err));
    ck_assert_uint_eq(strlen(swarm.order.host), SWARM_HOST_MAX);
    text[length + SWARM_HOST_MAX] = 'a';
    text[length + SWARM_HOST_MAX + 1] = '\0';
    ck_assert(!read_text(&swarm, text, &err));
    ck_assert_str_eq(err.text, host);
}
END_TEST

Suite *swarm_suite(void);
Suite *swarm_suite(void)
{
    Suite *suite = suite_create("swarm");
    TCase *tests = tcase_create("swarm");
    tcase_add_loop_test(tests, forms_become_orders, 0, sizeof forms / sizeof *forms);
    tcase_add_test(tests, with_a_shape_numbers_are_checked_and_ignored);
    tcase_add_test(tests, declared_arguments_are_taken);
    tcase_add_test(tests, hosts_are_limited);
    suite_add_tcase(suite, tests);
    return suite;
}
