/* Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/web/access/access.h"

static const char *const answers[] = {
    [ACCESS_GRANTED] = "granted",       [ACCESS_AMBIGUOUS] = "ambiguous",
    [ACCESS_OTHER_HOST] = "other host", [ACCESS_OTHER_SITE] = "other site",
    [ACCESS_NO_TOKEN] = "no token",
};

static const struct access_route page = {.is_page = true};
static const struct access_route read_it = {0};
static const struct access_route stop = {.changes = true};
static const struct access_route login = {.is_open = true, .changes = true};

/* Host. */

static const struct {
    const char *address;
    const char *name;
    const char *allowed;
    const char *host;
    bool is_own;
} hosts[] = {
    {"127.0.0.1", NULL, NULL, "127.0.0.1:8089", true},
    {"127.0.0.1", NULL, NULL, "127.0.0.1", true},
    {"127.0.0.1", NULL, NULL, "127.0.0.1:9000", true}, /* a tunnel */
    {"127.0.0.1", NULL, NULL, "127.8.0.1:8089", true},
    {"127.0.0.1", NULL, NULL, "[::1]:8089", true},
    {"127.0.0.1", NULL, NULL, "localhost:8089", true},
    {"127.0.0.1", NULL, NULL, "LocalHost", true},
    {"::1", NULL, NULL, "[::1]:8089", true},
    {"::1", NULL, NULL, "localhost", true},
    {"127.0.0.1", NULL, NULL, "10.0.0.1:8089", false},
    {"127.0.0.1", NULL, NULL, "evil.example:8089", false},
    {"127.0.0.1", NULL, NULL, "localhost.evil.example", false},
    {"127.0.0.1", NULL, NULL, "127.0.0.1.evil.example", false},
    {"127.0.0.1", NULL, NULL, "evil.example@127.0.0.1", false},
    {"127.0.0.1", NULL, NULL, "127.0.0.1:80:90", false},
    {"127.0.0.1", NULL, NULL, "127.0.0.1:x", false},
    {"127.0.0.1", NULL, NULL, "::1", false},
    {"127.0.0.1", NULL, NULL, "[::1", false},
    {"127.0.0.1", NULL, NULL, "[::1]x", false},
    {"127.0.0.1", NULL, NULL, "[]", false},
    {"127.0.0.1", NULL, NULL, "2130706433", false},
    {"127.0.0.1", NULL, NULL, ":8089", false},
    {"127.0.0.1", NULL, NULL, "", false},
    {"127.0.0.1", NULL, NULL, NULL, false},
    {"10.0.0.1", NULL, NULL, "10.0.0.1:8089", true},
    {"10.0.0.1", NULL, NULL, "10.0.0.2:8089", false},
    {"10.0.0.1", NULL, NULL, "localhost", false},
    {"10.0.0.1", NULL, NULL, "127.0.0.1", false},
    {"fe80::1", NULL, NULL, "[FE80:0::1]", true},
    {"10.0.0.1", "box.example", NULL, "Box.example:8089", true},
    {"10.0.0.1", "box.example", NULL, "box.example.", false},
    {"10.0.0.1", "box.example", NULL, "example", false},
    {"0.0.0.0", NULL, NULL, "10.0.0.2:8089", true},
    {"0.0.0.0", NULL, NULL, "127.0.0.1", true},
    {"0.0.0.0", NULL, NULL, "localhost:8089", true},
    {"0.0.0.0", NULL, NULL, "locust-master:8089", false},
    {"::", NULL, NULL, "10.0.0.2", true},
    {"0.0.0.0", NULL, "locust-master", "locust-master:8089", true},
    {"0.0.0.0", NULL, "a, locust-master:8089,[fe80::2]", "locust-master:8089", true},
    {"0.0.0.0", NULL, "a,locust-master:8089", "locust-master:80", false},
    {"0.0.0.0", NULL, "a,locust-master:8089", "locust-master", false},
    {"127.0.0.1", NULL, "a,[fe80::2]", "[fe80::2]:1", true},
    {"127.0.0.1", NULL, "b.example", "a.b.example", false},
    {"127.0.0.1", NULL, ",, ", "x", false},
};

START_TEST(the_host_must_be_ours)
{
    const struct access_rules rules = {hosts[_i].address, hosts[_i].name, hosts[_i].allowed, NULL};
    const struct access_request request = {.host = hosts[_i].host};
    enum access answer = access_check(&rules, &read_it, &request);
    ck_assert_msg(answer == (hosts[_i].is_own ? ACCESS_GRANTED : ACCESS_OTHER_HOST), "%s at %s: %s",
                  hosts[_i].host, hosts[_i].address, answers[answer]);
}
END_TEST

/* Sites: what a browser says of the page that sends the request. */

static const struct {
    const struct access_route *route;
    const char *host;
    const char *origin;
    const char *referer;
    const char *site;
    const char *mode;
    bool is_own;
} sites[] = {
    {&stop, "127.0.0.1:8089", NULL, NULL, NULL, NULL, true}, /* curl */
    {&stop, "127.0.0.1:8089", "http://127.0.0.1:8089", "http://127.0.0.1:8089/", "same-origin",
     "cors", true},
    {&stop, "Load.Test", "https://load.test", "https://load.test/x?y", NULL, NULL, true},
    {&stop, "127.0.0.1:8089", "http://127.0.0.1:3000", NULL, NULL, NULL, false},
    {&stop, "127.0.0.1:8089", "http://localhost:8089", NULL, NULL, NULL, false},
    {&stop, "127.0.0.1:8089", "http://evil.example", NULL, NULL, NULL, false},
    {&stop, "127.0.0.1:8089", "null", NULL, NULL, NULL, false},
    {&stop, "127.0.0.1:8089", "", NULL, NULL, NULL, false},
    {&stop, "127.0.0.1:8089", "file://127.0.0.1:8089", NULL, NULL, NULL, false},
    {&stop, "127.0.0.1:8089", "http://127.0.0.1:8089@evil.example", NULL, NULL, NULL, false},
    {&stop, "127.0.0.1:8089", NULL, "http://evil.example/", NULL, NULL, false},
    {&stop, "127.0.0.1:8089", NULL, "http://127.0.0.1:8089.evil.example/", NULL, NULL, false},
    {&read_it, "127.0.0.1:8089", NULL, "http://evil.example/", NULL, NULL, true},
    {&read_it, "127.0.0.1:8089", "http://evil.example", NULL, NULL, NULL, false},
    {&read_it, "127.0.0.1:8089", NULL, NULL, "cross-site", "no-cors", false},
    {&read_it, "127.0.0.1:8089", NULL, NULL, "same-site", "cors", false},
    {&read_it, "127.0.0.1:8089", NULL, NULL, "cross-site", "navigate", false},
    {&read_it, "127.0.0.1:8089", NULL, NULL, "none", "navigate", true},
    {&page, "127.0.0.1:8089", NULL, "http://chat.example/", "cross-site", "navigate", true},
    {&page, "127.0.0.1:8089", NULL, NULL, "cross-site", "no-cors", false},
    {&page, "127.0.0.1:8089", "http://chat.example", NULL, "cross-site", "navigate", false},
    {&stop, "proxy.example", "https://proxy.example", NULL, "same-origin", NULL, true},
    {&stop, "127.0.0.1:8089", "https://proxy.example", NULL, "same-origin", NULL, false},
    {&stop, "load.test:8089", "http://load.test:3000", NULL, NULL, NULL, false},
    {&stop, "load.test:8089", NULL, "http://load.test:3000/", NULL, NULL, false},
};

START_TEST(the_site_must_be_ours)
{
    const struct access_rules rules = {"127.0.0.1", NULL, "load.test,proxy.example", NULL};
    const struct access_request request = {
        .host = sites[_i].host,
        .origin = sites[_i].origin,
        .referer = sites[_i].referer,
        .site = sites[_i].site,
        .mode = sites[_i].mode,
    };
    enum access answer = access_check(&rules, sites[_i].route, &request);
    ck_assert_msg(answer == (sites[_i].is_own ? ACCESS_GRANTED : ACCESS_OTHER_SITE), "%d: %s", _i,
                  answers[answer]);
}
END_TEST

/* Tokens. */

static const struct {
    const struct access_route *route;
    const char *authorization;
    const char *cookie;
    bool is_granted;
} tokens[] = {
    {&stop, NULL, NULL, false},
    {&stop, "Bearer s3cret", NULL, true},
    {&stop, "bearer  s3cret ", NULL, true},
    {&stop, "Bearer s3cre", NULL, false},
    {&stop, "Bearer s3cret2", NULL, false},
    {&stop, "Bearer s3creT", NULL, false},
    {&stop, "Bearer s3crets3cret", NULL, false},
    {&stop, "Bearer ", NULL, false},
    {&stop, "Bearer", NULL, false},
    {&stop, "Basic s3cret", NULL, false},
    {&stop, "s3cret", NULL, false},
    {&stop, NULL, "headroom_token=s3cret", true},
    {&stop, NULL, "a=b; headroom_token=s3cret; c=d", true},
    {&stop, NULL, "headroom_token=x; headroom_token=s3cret", false},
    {&stop, NULL, "headroom_token=s3cret; headroom_token=x", false},
    {&stop, "Bearer s3cret", "headroom_token=x; headroom_token=s3cret", true},
    {&stop, NULL, "xheadroom_token=s3cret", false},
    {&stop, NULL, "headroom_token=", false},
    {&stop, NULL, ";;; ;", false},
    {&read_it, NULL, NULL, false},
    {&page, NULL, NULL, true},
    {&login, NULL, NULL, true},
};

START_TEST(a_token_opens_the_routes_that_need_one)
{
    struct access_rules rules = {"0.0.0.0", NULL, NULL, "s3cret"};
    const struct access_request request = {
        .host = "10.0.0.1",
        .authorization = tokens[_i].authorization,
        .cookie = tokens[_i].cookie,
    };
    enum access answer = access_check(&rules, tokens[_i].route, &request);
    ck_assert_msg(answer == (tokens[_i].is_granted ? ACCESS_GRANTED : ACCESS_NO_TOKEN), "%d: %s",
                  _i, answers[answer]);
    rules.token = NULL;
    ck_assert_int_eq(access_check(&rules, tokens[_i].route, &request), ACCESS_GRANTED);
    rules.token = "";
    answer = access_check(&rules, &stop, &request);
    ck_assert_int_eq(answer, ACCESS_NO_TOKEN);
}
END_TEST

static const struct {
    const char *host;
    const char *cookie;
    bool is_granted;
} cookies[] = {
    {"10.0.0.1:8089", "headroom_token_8089=s3cret", true},
    {"10.0.0.1:8090", "headroom_token_8089=s3cret", false},
    {"10.0.0.1:8090", "headroom_token_8089=s3cret; headroom_token_8090=s3cret", true},
    {"10.0.0.1:8090", "headroom_token_8089=other; headroom_token_8090=s3cret", true},
    {"10.0.0.1:8090", "headroom_token_8090=s3cret; headroom_token_8089=other", true},
    {"[::1]:8090", "headroom_token_8090=s3cret", true},
    /* as programs send it */
    {"10.0.0.1:8090", "headroom_token=s3cret", true},
    {"10.0.0.1", "headroom_token=s3cret", true},
    {"10.0.0.1:", "headroom_token=s3cret", true},
    {"10.0.0.1:000000000000008090", "headroom_token=s3cret", true},
    {"10.0.0.1", "headroom_token_=s3cret", false},
    {"10.0.0.1", "headroom_token_80=s3cret", false},
    /* a request tries one token */
    {"10.0.0.1:8090", "headroom_token=s3cret; headroom_token_8090=other", false},
    {"10.0.0.1:8090", "headroom_token_8090=s3cret; headroom_token_8090=other", false},
    {"10.0.0.1:8090", "headroom_token_8090=other; headroom_token_8090=s3cret", false},
};

START_TEST(each_port_has_its_own_cookie)
{
    const struct access_rules rules = {"0.0.0.0", NULL, NULL, "s3cret"};
    const struct access_request request = {.host = cookies[_i].host, .cookie = cookies[_i].cookie};
    enum access answer = access_check(&rules, &stop, &request);
    ck_assert_msg(answer == (cookies[_i].is_granted ? ACCESS_GRANTED : ACCESS_NO_TOKEN), "%s: %s",
                  cookies[_i].host, cookies[_i].cookie);
}
END_TEST

START_TEST(a_login_sets_the_cookie_of_its_port)
{
    char name[ACCESS_COOKIE_NAME];
    ck_assert_str_eq(access_cookie_name("localhost:8089", name), "headroom_token_8089");
    ck_assert_str_eq(access_cookie_name("[::1]:65535", name), "headroom_token_65535");
    ck_assert_str_eq(access_cookie_name("localhost", name), "headroom_token");
    ck_assert_str_eq(access_cookie_name("localhost:123456", name), "headroom_token");
}
END_TEST

static const struct {
    const char *hosts;
    bool is_valid;
} host_lists[] = {
    {"locust-master", true},
    {"a.example:8089,b_2.example, 10.0.0.1:80 [::1]:8089,[fe80::1]", true},
    {"", true},
    {",", true},
    {"*", false},
    {"a,*.example", false},
    {"http://a.example", false},
    {"a.example/", false},
    {"a.example:x", false},
    {"a.example:65536", false},
    {"a.example:000080", false},
    {":8089", false},
    {"[::1", false},
    {"::1", false},
    {"user@a.example", false},
};

START_TEST(hosts_that_nobody_can_send_are_refused)
{
    struct err err = {.code = ERR_NONE};
    bool is_valid = access_check_hosts(host_lists[_i].hosts, &err);
    ck_assert_msg(is_valid == host_lists[_i].is_valid, "%s", host_lists[_i].hosts);
    ck_assert_int_eq(err.code, is_valid ? ERR_NONE : ERR_USAGE);
    ck_assert(is_valid || strstr(err.text, " is not HOST or HOST:PORT, such as "));
}
END_TEST

START_TEST(headers_that_come_twice_are_refused)
{
    const struct access_rules rules = {"127.0.0.1", NULL, NULL, NULL};
    const struct access_request request = {.host = "127.0.0.1", .is_ambiguous = true};
    ck_assert_int_eq(access_check(&rules, &page, &request), ACCESS_AMBIGUOUS);
}
END_TEST

START_TEST(loopback_addresses_are_known)
{
    static const char *const loopback[] = {"127.0.0.1", "127.255.255.254", "::1"};
    static const char *const others[] = {"0.0.0.0", "::", "10.0.0.1", "fe80::1", "localhost", ""};
    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++) {
        ck_assert_msg(access_is_loopback(loopback[i]), "%s", loopback[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(!access_is_loopback(others[i]), "%s", others[i]);
    }
}
END_TEST

Suite *access_suite(void);
Suite *access_suite(void)
{
    Suite *suite = suite_create("access");
    TCase *tests = tcase_create("access");
    tcase_add_loop_test(tests, the_host_must_be_ours, 0, sizeof hosts / sizeof *hosts);
    tcase_add_loop_test(tests, the_site_must_be_ours, 0, sizeof sites / sizeof *sites);
    tcase_add_loop_test(tests, a_token_opens_the_routes_that_need_one, 0,
                        sizeof tokens / sizeof *tokens);
    tcase_add_loop_test(tests, each_port_has_its_own_cookie, 0, sizeof cookies / sizeof *cookies);
    tcase_add_test(tests, a_login_sets_the_cookie_of_its_port);
    tcase_add_loop_test(tests, hosts_that_nobody_can_send_are_refused, 0,
                        sizeof host_lists / sizeof *host_lists);
    tcase_add_test(tests, headers_that_come_twice_are_refused);
    tcase_add_test(tests, loopback_addresses_are_known);
    suite_add_tcase(suite, tests);
    return suite;
}
