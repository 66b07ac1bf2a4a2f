/* URLs of the broker's servers. */
#include <check.h>
#include <string.h>

#include "loadgen/cluster/bus/servers.h"

static struct servers servers;
static struct err err;

static void setup(void)
{
    err = (struct err){.code = ERR_NONE};
}

static void teardown(void)
{
    servers_free(&servers);
}

static const struct {
    const char *list, *first, *other;
    int count;
    bool is_tls, has_user;
} good[] = {
    {"nats://127.0.0.1:4222", "127.0.0.1:4222", "", 1, false, false},
    {"nats://localhost", "localhost", "", 1, false, false},
    {"NATS://LocalHost:1", "LocalHost:1", "", 1, false, false},
    {"nats://[::1]:4222", "[::1]:4222", "", 1, false, false},
    {"nats://[::1]", "[::1]", "", 1, false, false},
    {"tls://broker.example", "broker.example", "broker.example", 1, true, false},
    {"nats://u:p@127.1.2.3:65535", "127.1.2.3:65535", "", 1, false, true},
    {"tls://u:p%40ss@h.example:4222", "h.example:4222", "h.example", 1, true, true},
    {"nats://128.0.0.1", "128.0.0.1", "128.0.0.1", 1, false, false},
    {"nats://[fd00::1]:4222", "[fd00::1]:4222", "fd00::1", 1, false, false},
    {"nats://localhost.example", "localhost.example", "localhost.example", 1, false, false},
    {"nats://127.0.0.1.example", "127.0.0.1.example", "127.0.0.1.example", 1, false, false},
    {"nats://127.0.0.1@evil.example", "evil.example", "evil.example", 1, false, true},
    {"nats://127.0.0.1:4222,nats://b:4222,nats://c", "127.0.0.1:4222", "b", 3, false, false},
};

START_TEST(a_list_is_read)
{
    ck_assert_msg(servers_read(&servers, good[_i].list, &err), "%s", err.text);
    ck_assert_int_eq(servers.count, good[_i].count);
    ck_assert_str_eq(servers.first, good[_i].first);
    ck_assert_str_eq(servers.other, good[_i].other);
    ck_assert_int_eq(servers.is_tls, good[_i].is_tls);
    ck_assert_int_eq(servers.has_user, good[_i].has_user);
    ck_assert_int_eq(strncmp(servers.at[0], good[_i].list, strlen(servers.at[0])), 0);
}
END_TEST

static const char *const bad[] = {
    "",
    "127.0.0.1:4222",
    "http://127.0.0.1",
    "nats://",
    "nats://:4222",
    "nats://secret:secret@",
    "nats://h:0",
    "nats://h:65536",
    "nats://h:",
    "nats://h:42x",
    "nats://h:4222/",
    "nats://h/secret",
    "nats://h?secret",
    "nats://evil.example/@127.0.0.1",
    "nats://evil.example#@127.0.0.1",
    "nats://evil.example@secret@127.0.0.1",
    "nats://[::1",
    "nats://[::1]4222",
    "nats://h,",
    ",nats://h",
    "nats://a, nats://b",
    "nats://a,tls://b",
    "nats://a,nats://secret@b",
};

START_TEST(a_bad_list_is_refused_without_its_secrets)
{
    ck_assert(!servers_read(&servers, bad[_i], &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "cluster.nats: "));
    ck_assert_ptr_null(strstr(err.text, "secret"));
}
END_TEST

START_TEST(there_may_not_be_too_many)
{
    char list[400] = "nats://a";
    for (int i = 1; i < SERVERS_MAX; i++) {
        strcat(list, ",nats://a");
    }
    ck_assert_msg(servers_read(&servers, list, &err), "%s", err.text);
    ck_assert_int_eq(servers.count, SERVERS_MAX);
    servers_free(&servers);
    strcat(list, ",nats://a");
    ck_assert(!servers_read(&servers, list, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

START_TEST(a_host_may_not_be_too_long)
{
    char list[400] = "nats://";
    memset(list + strlen(list), 'a', SERVERS_HOST_MAX + 1);
    ck_assert(!servers_read(&servers, list, &err));
    servers_free(&servers);
    list[strlen("nats://") + SERVERS_HOST_MAX] = '\0';
    err = (struct err){.code = ERR_NONE};
    ck_assert_msg(servers_read(&servers, list, &err), "%s", err.text);
}
END_TEST

Suite *bus_servers_suite(void);
Suite *bus_servers_suite(void)
{
    Suite *suite = suite_create("bus_servers");
    TCase *tcase = tcase_create("bus_servers");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_list_is_read, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tcase, a_bad_list_is_refused_without_its_secrets, 0,
                        sizeof bad / sizeof bad[0]);
    tcase_add_test(tcase, there_may_not_be_too_many);
    tcase_add_test(tcase, a_host_may_not_be_too_long);
    suite_add_tcase(suite, tcase);
    return suite;
}
