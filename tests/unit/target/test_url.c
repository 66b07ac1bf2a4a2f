#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/target/request/url.h"

static struct err err;

/* 16 x 16 bytes. */
#define LABEL "abcdefghijklmno."
#define LABELS LABEL LABEL LABEL LABEL
#define LONG_LABEL "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
#define LONG_HOST LABELS LABELS LABELS LABELS

static const struct {
    const char *text, *authority, *host;
    unsigned port;
    const char *path; /* as the request line has it */
} taken[] = {
    {"http://127.0.0.1:5000/health", "127.0.0.1:5000", "127.0.0.1", 5000, "/health"},
    {"http://a", "a", "a", 80, "/"},
    {"http://a/", "a", "a", 80, "/"},
    {"http://a:/x", "a:", "a", 80, "/x"},
    {"http://a:65535", "a:65535", "a", 65535, "/"},
    {"http://a:1?q=1", "a:1", "a", 1, "/?q=1"},
    {"http://a?q=/b:2", "a", "a", 80, "/?q=/b:2"},
    {"http://a#f", "a", "a", 80, "/"},
    {"http://a/b?c=d&e#f?g", "a", "a", 80, "/b?c=d&e"},
    {"http://a/user@b:c", "a", "a", 80, "/user@b:c"},
    {"http://a//b/../c", "a", "a", 80, "//b/../c"},
    {"HTTP://A.example/P", "A.example", "A.example", 80, "/P"},
    {"http://:80/x", ":80", "localhost", 80, "/x"},
    {"http://:8080", ":8080", "localhost", 8080, "/"},
    {"http://[::1]:5000/x", "[::1]:5000", "::1", 5000, "/x"},
    {"http://[::1]/x", "[::1]", "::1", 80, "/x"},
    {"http://[fe80::1]", "[fe80::1]", "fe80::1", 80, "/"},
    {"http://[fe80::1%25eth0]:81/x", "[fe80::1]:81", "fe80::1%eth0", 81, "/x"},
    {"http://[fe80::1%25]", "[fe80::1]", "fe80::1%25", 80, "/"}, /* interface 25 */
    {"http://[fe80::1%eth0]", "[fe80::1]", "fe80::1%eth0", 80, "/"},
    {"http://svc.example.:81/x", "svc.example.:81", "svc.example.", 81, "/x"},
    {"http://b\u00fccher.example:81/", "xn--bcher-kva.example:81", "xn--bcher-kva.example", 81,
     "/"},
    {"http://B\u00dcCHER.example", "xn--bcher-kva.example", "xn--bcher-kva.example", 80, "/"},
    {"http://b%c3%bccher.example", "xn--bcher-kva.example", "xn--bcher-kva.example", 80, "/"},
    {"http://\u65e5\u672c.jp.", "xn--wgv71a.jp.", "xn--wgv71a.jp.", 80, "/"},
    {"http://fa\u00df.de", "xn--fa-hia.de", "xn--fa-hia.de", 80, "/"},
    {"http://a_b.c", "a_b.c", "a_b.c", 80, "/"},
    {"http://a/%20%C3%A9", "a", "a", 80, "/%20%C3%A9"},
    {"http://a/\u00e9?\u65e5", "a", "a", 80, "/%C3%A9?%E6%97%A5"},
};

START_TEST(a_url_is_taken_apart)
{
    struct url url;
    struct bytes path = {0};
    ck_assert_msg(url_parse(taken[_i].text, &url, &err), "%s", err.text);
    ck_assert_str_eq(url.authority, taken[_i].authority);
    ck_assert_str_eq(url.host, taken[_i].host);
    ck_assert_uint_eq(url.port, taken[_i].port);
    url_add_path(&url, &path);
    bytes_add(&path, "", 1);
    ck_assert_str_eq(path.at, taken[_i].path);
    bytes_free(&path);
}
END_TEST

static const struct {
    const char *text, *expected;
} refused[] = {
    {"", "is not a URL that can be attacked; write http://HOST"},
    {"a", "is not a URL"},
    {"/health", "is not a URL"},
    {"127.0.0.1:5000/", "is not a URL"},
    {"http:/a", "is not a URL"},
    {"http:a", "is not a URL"},
    {"ftp://a/", "is not a URL"},
    {"https:/a", "is not a URL"},
    {"http://a:0/", "invalid port; use 1 to 65535"},
    {"http://a:65536/", "invalid port"},
    {"http://a:99999999999999999999/", "invalid port"},
    {"http://a:80x/", "invalid port"},
    {"http://a:-1/", "invalid port"},
    {"http://a:+1/", "invalid port"},
    {"http://a:b:80/", "invalid port"},
    {"http://::1/", "invalid port"},
    {"http://[::1/", "invalid IPv6"},
    {"http://[::1]x/", "invalid IPv6"},
    {"http://[]:80/", "invalid IPv6"},
    {"http://[fe80::1%]/", "invalid IPv6"},
    {"http://[abc]/", "invalid IPv6"},
    {"http://[fe80::1%25et h]/", "contains a space"},
    {"http://[fe80::1%25e/x]/", "invalid IPv6"},
    {"http://[fe80::1%e\u00e9]/", "invalid zone"},
    {"http://\u00fc" LONG_LABEL "/", "IDNA does not allow"},
    {"http://a%2Fb/", "an invalid character in its host"},
    {"http://a%00b/", "an invalid character in its host"},
    {"http://" LONG_HOST "/", "longer than 255 bytes"},
    {"http://[::1]:x/", "invalid port"},
    {"http://user@a/", "contains a user name"},
    {"http://user:pass@a/", "Authorization"},
    {"http://a/b c", "spaces in URLs as %20"},
    {"http://a/\tb", "contains a space"},
    {" http://a/", "contains a space"},
    {"http://a/\x01", "control character"},
    {"http://a/\r\nX:y", "control character"},
    {"http://a/\xff", "not UTF-8"},
    {"http://a/\x7f", "control character"},
};

START_TEST(what_is_no_url_is_refused_with_the_remedy)
{
    struct url url;
    ck_assert_msg(!url_parse(refused[_i].text, &url, &err), "\"%s\" was taken", refused[_i].text);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, refused[_i].expected) != NULL, "got: %s", err.text);
    ck_assert_msg(strstr(err.text, refused[_i].text) != NULL, "the URL is missing: %s", err.text);
}
END_TEST

Suite *url_suite(void);
Suite *url_suite(void)
{
    Suite *suite = suite_create("url");
    TCase *tests = tcase_create("url");
    tcase_add_loop_test(tests, a_url_is_taken_apart, 0, sizeof taken / sizeof taken[0]);
    tcase_add_loop_test(tests, what_is_no_url_is_refused_with_the_remedy, 0,
                        sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
