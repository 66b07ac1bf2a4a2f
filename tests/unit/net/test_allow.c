/* Not under tsan: one thread. */
#include <check.h>
#include <string.h>

#include "loadgen/net/allow.h"
#include "loadgen/net/hostname.h"

static struct err err;

static void setup(void)
{
    err = (struct err){.code = ERR_NONE};
}

/* Lists. */

static const char *const right[] = {
    "a",
    "api.example",
    "api.example:80",
    "api.example.:65535",
    "*.example",
    "*.example:443",
    "b\303\274cher.example",
    "127.0.0.1",
    "127.0.0.1:5000",
    "::1",
    "[::1]",
    "[::1]:80",
    "10.0.0.0/8",
    "10.0.0.0/8:80",
    "0.0.0.0/0",
    "::/0",
    "fd00::/8",
    "[fd00::/8]:80",
    "::ffff:10.0.0.0/104",
    "unix:/run/api.sock",
    "unix:api.sock",
    " a , 127.0.0.1:80\t,unix:/run/a b ",
    "1-2.example",
};

START_TEST(a_list_has_these_entries)
{
    ck_assert_msg(allow_check(right[_i], &err), "%s: %s", right[_i], err.text);
}
END_TEST

static const char *const wrong[] = {
    "",
    " ",
    ",",
    "a,",
    ",a",
    "a,,b",
    "a b",
    "a:",
    "a:0",
    "a:65536",
    "a:99999999999999999999",
    "a:-1",
    "a:+1",
    "a: 1",
    "a:http",
    "a:1:2",
    ":80",
    "*",
    "*.",
    "a.*",
    "*.*.a",
    "*a.example",
    "http://a",
    "http://a:80",
    "a/",
    "a/8",
    "user@a",
    "a?",
    "a#",
    "a%00b",
    "a%2fb",
    "[a]",
    "[::1",
    "::1]",
    "[]",
    "[]:80",
    "[::1]80",
    "[::1]:",
    "[::1%25lo]:80",
    "::1%lo",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0.0/0x8",
    "10.0.0/8",
    "fd00::/129",
    "fd00::/8:80:80",
    "unix:",
};

START_TEST(other_entries_are_refused)
{
    ck_assert_msg(!allow_check(wrong[_i], &err), "%s", wrong[_i]);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, "is not HOST[:PORT]"), "%s", err.text);
}
END_TEST

/* A line would be a list of its own. */
START_TEST(several_lines_are_refused)
{
    ck_assert(!allow_check("a.test\nb.test", &err));
    ck_assert_msg(strstr(err.text, "several lines"), "%s", err.text);
}
END_TEST

/* Hosts, as they are written in a URL. */

static const struct {
    const char *list;
    const char *host;
    uint16_t port;
    enum allow allow;
} hosts[] = {
    {NULL, "evil.example", 80, ALLOW_YES},
    {NULL, "127.0.0.1", 80, ALLOW_YES},

    {"api.example", "api.example", 80, ALLOW_YES},
    {"api.example", "API.Example", 80, ALLOW_YES},
    {"Api.Example", "api.example", 80, ALLOW_YES},
    {"api.example", "api.example.", 80, ALLOW_YES},
    {"api.example.", "api.example", 80, ALLOW_YES},
    {"api.example", "api%2eexample", 80, ALLOW_YES},
    {"b\303\274cher.example", "xn--bcher-kva.example", 80, ALLOW_YES},
    {"xn--bcher-kva.example", "b\303\274cher.example", 80, ALLOW_YES},
    {"api.example", "\xef\xbd\x81pi.example", 80, ALLOW_YES}, /* a fullwidth a */
    {"api.example", "\xd0\xb0pi.example", 80, ALLOW_NO},      /* a Cyrillic a */
    {"api.example", "api.example..", 80, ALLOW_NO},
    {"api.example", ".api.example", 80, ALLOW_NO},
    {"api.example", "evil.api.example", 80, ALLOW_NO},
    {"api.example", "api.example.evil", 80, ALLOW_NO},
    {"api.example", "api.exampl", 80, ALLOW_NO},
    {"api.example", "pi.example", 80, ALLOW_NO},
    {"api.example", "example", 80, ALLOW_NO},

    {"api.example:80", "api.example", 80, ALLOW_YES},
    {"api.example:80", "api.example", 8080, ALLOW_NO},
    {"api.example:80", "api.example", 8, ALLOW_NO},
    {"a:1,api.example:81,api.example:80", "api.example", 80, ALLOW_YES},
    {"localhost:80", "127.0.0.1", 80, ALLOW_NO},

    {"*.example", "api.example", 80, ALLOW_YES},
    {"*.example", "a.b.example.", 80, ALLOW_YES},
    {"*.Example:80", "API.example", 80, ALLOW_YES},
    {"*.example:80", "api.example", 81, ALLOW_NO},
    {"*.example", "example", 80, ALLOW_NO},
    {"*.example", ".example", 80, ALLOW_NO},
    {"*.example", "evilexample", 80, ALLOW_NO},
    {"*.example", "api.example.evil", 80, ALLOW_NO},

    {"127.0.0.1", "127.0.0.1", 80, ALLOW_YES},
    {"127.0.0.1", "127.1", 80, ALLOW_YES},
    {"127.0.0.1", "127.0.1", 80, ALLOW_YES},
    {"127.0.0.1", "2130706433", 80, ALLOW_YES},
    {"127.0.0.1", "0x7f000001", 80, ALLOW_YES},
    {"127.0.0.1", "0x7F.1", 80, ALLOW_YES},
    {"127.0.0.1", "017700000001", 80, ALLOW_YES},
    {"127.0.0.1", "0177.0.0.01", 80, ALLOW_YES},
    {"127.0.0.1", "127%2e0%2e0%2e1", 80, ALLOW_YES},
    {"127.0.0.1", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", 80, ALLOW_YES}, /* fullwidth */
    {"127.0.0.1", "::ffff:127.0.0.1", 80, ALLOW_YES},
    {"127.0.0.1", "::FFFF:7f00:1", 80, ALLOW_YES},
    {"::ffff:127.0.0.1", "127.0.0.1", 80, ALLOW_YES},
    {"127.0.0.1:80", "::ffff:127.0.0.1", 81, ALLOW_NO},
    {"127.0.0.1", "127.0.0.2", 80, ALLOW_NO},
    {"127.0.0.1", "127.2", 80, ALLOW_NO},
    {"127.0.0.1", "2130706434", 80, ALLOW_NO},
    {"127.0.0.1", "0x7f000002", 80, ALLOW_NO},
    {"127.0.0.1", "0.0.0.0", 80, ALLOW_NO},
    {"127.0.0.1", "0", 80, ALLOW_NO},
    {"127.0.0.1", "::", 80, ALLOW_NO},
    {"127.0.0.1", "::1", 80, ALLOW_NO},
    {"127.0.0.1", "::127.0.0.1", 80, ALLOW_NO},
    {"127.0.0.1", "64:ff9b::7f00:1", 80, ALLOW_NO},
    {"api.example", "127.0.0.1", 80, ALLOW_NO},
    {"api.example", "2130706433", 80, ALLOW_NO},
    {"*.0.0.1", "127.0.0.1", 80, ALLOW_NO},

    {"::1", "::1", 80, ALLOW_YES},
    {"[::1]:80", "0:0:0:0:0:0:0:1", 80, ALLOW_YES},
    {"[::1]:80", "::0.0.0.1", 80, ALLOW_YES},
    {"[::1]:80", "::1", 81, ALLOW_NO},
    {"::1", "::2", 80, ALLOW_NO},
    {"::1", "127.0.0.1", 80, ALLOW_NO},
    {"fe80::1", "fe80::1%lo", 80, ALLOW_YES},
    {"fe80::2", "fe80::1%lo", 80, ALLOW_NO},

    {"10.0.0.0/8", "10.255.255.255", 80, ALLOW_YES},
    {"10.9.9.9/8", "10.0.0.1", 80, ALLOW_YES},
    {"10.0.0.0/8", "::ffff:10.1.2.3", 80, ALLOW_YES},
    {"::ffff:10.0.0.0/104", "10.1.2.3", 80, ALLOW_YES},
    {"10.0.0.0/8:80", "10.1.2.3", 81, ALLOW_NO},
    {"10.0.0.0/8", "11.0.0.0", 80, ALLOW_NO},
    {"10.0.0.0/8", "9.255.255.255", 80, ALLOW_NO},
    {"10.0.0.0/9", "10.128.0.0", 80, ALLOW_NO},
    {"10.0.0.1/32", "10.0.0.1", 80, ALLOW_YES},
    {"10.0.0.1/32", "10.0.0.0", 80, ALLOW_NO},
    {"0.0.0.0/0", "169.254.169.254", 80, ALLOW_YES},
    {"0.0.0.0/0", "fd00::1", 80, ALLOW_NO},
    {"::/0", "fd00::1", 80, ALLOW_YES},
    {"::/0", "127.0.0.1", 80, ALLOW_NO},
    {"::/0", "::ffff:127.0.0.1", 80, ALLOW_NO},
    {"fd00::/8", "fdff::1", 80, ALLOW_YES},
    {"fd00::/8", "fe00::1", 80, ALLOW_NO},

    {"10.0.0.0/8", "api.example", 80, ALLOW_LISTED_ADDRESSES},
    {"::1,a", "api.example", 80, ALLOW_LISTED_ADDRESSES},
    {"10.0.0.0/8,api.example", "api.example", 80, ALLOW_YES},
    {"10.0.0.0/8:81", "api.example", 80, ALLOW_NO},
    {"127.0.0.1", "127.0.0.1.", 80, ALLOW_LISTED_ADDRESSES}, /* not an address */

    {"unix:/run/api.sock", "api.example", 80, ALLOW_NO},
    {"unix:/run/api.sock", "127.0.0.1", 80, ALLOW_NO},
};

START_TEST(a_host_is_in_the_list_or_not)
{
    char host[HOSTNAME_MAX];
    const char *written = hosts[_i].host;
    bool is_v6 = strchr(written, ':') != NULL;
    ck_assert_ptr_null(hostname_read(written, strlen(written), is_v6, host));
    ck_assert_msg(!hosts[_i].list || allow_check(hosts[_i].list, &err), "%s", err.text);
    ck_assert_msg(allow_host(hosts[_i].list, host, hosts[_i].port) == hosts[_i].allow,
                  "%s: %s:%u: not %d", hosts[_i].list, written, hosts[_i].port, hosts[_i].allow);
}
END_TEST

/* As if each were asked. */
START_TEST(several_lists_allow_what_all_of_them_allow)
{
    static const char lists[] = "api,10.0.0.0/8,unix:/a,unix:/b\n*.api,api:80,10.1.0.0/16,unix:/b";
    struct address address;
    ck_assert_int_eq(allow_host(lists, "api", 80), ALLOW_YES);
    ck_assert_int_eq(allow_host(lists, "api", 81), ALLOW_LISTED_ADDRESSES);
    ck_assert_int_eq(allow_host(lists, "a.api", 80), ALLOW_LISTED_ADDRESSES);
    ck_assert_int_eq(allow_host(lists, "10.1.2.3", 80), ALLOW_YES);
    ck_assert_int_eq(allow_host(lists, "10.2.2.3", 80), ALLOW_NO);
    ck_assert_int_eq(allow_host("a\nb", "a", 80), ALLOW_NO);
    ck_assert_int_eq(allow_host("a\n", "a", 80), ALLOW_NO);
    ck_assert(allow_socket(lists, "/b"));
    ck_assert(!allow_socket(lists, "/a"));
    /* One list has the name, the other one its address. */
    ck_assert(address_parse("10.1.2.3", 81, &address));
    ck_assert(allow_answer("api\n10.0.0.0/8", "api", 81, &address));
    ck_assert(!allow_answer("api\n10.2.0.0/16", "api", 81, &address));
    ck_assert(!allow_address("api\n10.0.0.0/8", &address));
}
END_TEST

/* A list that was not checked allows less, not more. */
START_TEST(wrong_entries_allow_nothing)
{
    ck_assert_int_eq(allow_host("", "a", 80), ALLOW_NO);
    ck_assert_int_eq(allow_host("*", "a", 80), ALLOW_NO);
    ck_assert_int_eq(allow_host("a:0", "a", 80), ALLOW_NO);
    ck_assert_int_eq(allow_host("a:65616", "a", 80), ALLOW_NO); /* 80 in 16 bits */
    ck_assert_int_eq(allow_host("0.0.0.0/33,b", "127.0.0.1", 80), ALLOW_NO);
    ck_assert_int_eq(allow_host("*,a", "a", 80), ALLOW_YES);
    ck_assert(!allow_socket("", "/a"));
}
END_TEST

START_TEST(a_socket_is_in_the_list_or_not)
{
    const char *list = "a,unix:/run/a.sock, unix:b ,10.0.0.0/8";
    struct address address;
    ck_assert(allow_socket(list, "/run/a.sock"));
    ck_assert(allow_socket(list, "b"));
    ck_assert(allow_socket(NULL, "/run/other.sock"));
    ck_assert(!allow_socket(list, "a"));
    ck_assert(!allow_socket(list, "/run/a.soc"));
    ck_assert(!allow_socket(list, "/run/a.sock2"));
    ck_assert(!allow_socket(list, "/run/./a.sock"));
    ck_assert(!allow_socket(list, ""));
    ck_assert(!allow_socket("0.0.0.0/0,::/0,*.a", "/run/a.sock"));
    ck_assert(address_unix("/run/a.sock", &address, &err));
    ck_assert(!allow_address(list, &address));
}
END_TEST

Suite *allow_suite(void);
Suite *allow_suite(void)
{
    Suite *suite = suite_create("allow");
    TCase *tests = tcase_create("allow");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, a_list_has_these_entries, 0, sizeof right / sizeof *right);
    tcase_add_loop_test(tests, other_entries_are_refused, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, several_lines_are_refused);
    tcase_add_loop_test(tests, a_host_is_in_the_list_or_not, 0, sizeof hosts / sizeof *hosts);
    tcase_add_test(tests, several_lists_allow_what_all_of_them_allow);
    tcase_add_test(tests, wrong_entries_allow_nothing);
    tcase_add_test(tests, a_socket_is_in_the_list_or_not);
    suite_add_tcase(suite, tests);
    return suite;
}
