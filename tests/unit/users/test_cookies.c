#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/users/message/cookies.h"

static struct cookies jar;
static struct bytes out;

static void setup(void)
{
    jar = (struct cookies){0};
    out = (struct bytes){0};
}

static void teardown(void)
{
    cookies_free(&jar);
    bytes_free(&out);
}

static struct cookie_url url_of(const char *host, const char *path)
{
    return (struct cookie_url){host, slice_of(path), false};
}

static void take(const char *line, const char *host, const char *path)
{
    const struct cookie_url from = url_of(host, path);
    cookies_take(&jar, slice_of(line), &from);
}

static const char *sent(const char *host, const char *path)
{
    const struct cookie_url to = url_of(host, path);
    bytes_clear(&out);
    cookies_write(&jar, &to, &out);
    bytes_add(&out, "", 1);
    return out.at;
}

START_TEST(a_cookie_goes_back_to_its_host)
{
    take("Server: x\r\nset-cookie: a=1; HttpOnly\r\nSet-Cookie: b = two ;SameSite=Lax\r\n",
         "one.test", "/x/y?z=/");
    ck_assert_str_eq(sent("one.test", "/x"), "b=two; a=1");
    ck_assert_str_eq(sent("one.test", "/x/z?q"), "b=two; a=1");
    ck_assert_str_eq(sent("one.test", "/xy"), "");
    ck_assert_str_eq(sent("one.test", "/"), "");
    ck_assert_str_eq(sent("two.test", "/x"), "");
    ck_assert_str_eq(sent("sub.one.test", "/x"), "");
}
END_TEST

START_TEST(a_domain_covers_what_lies_below)
{
    take("Set-Cookie: a=1; Domain=.Example.test; Path=/\r\n", "www.example.test", "/");
    take("Set-Cookie: b=1; Domain=other.test; Path=/\r\n", "www.example.test", "/");
    take("Set-Cookie: c=1; Domain=test; Path=/\r\n", "www.example.test", "/");
    ck_assert_str_eq(sent("example.test", "/"), "a=1");
    ck_assert_str_eq(sent("api.example.test", "/"), "a=1");
    ck_assert_str_eq(sent("badexample.test", "/"), "");
    ck_assert_str_eq(sent("other.test", "/"), "");
}
END_TEST

START_TEST(a_cookie_is_replaced_and_deleted)
{
    take("Set-Cookie: a=1; Path=/\r\n", "h", "/");
    take("Set-Cookie: a=2; Path=/; Max-Age=60\r\n", "h", "/");
    ck_assert_str_eq(sent("h", "/"), "a=2");
    ck_assert_uint_eq(jar.count, 1);
    take("Set-Cookie: a=3; Path=/; Max-Age=0\r\n", "h", "/");
    ck_assert_str_eq(sent("h", "/"), "");
    take("Set-Cookie: b=1; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT\r\n", "h", "/");
    ck_assert_str_eq(sent("h", "/"), "b=1");
    take("Set-Cookie: b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT\r\n", "h", "/");
    ck_assert_str_eq(sent("h", "/"), "");
    ck_assert_uint_eq(jar.count, 0);
}
END_TEST

START_TEST(a_secure_cookie_needs_https)
{
    struct cookie_url to = url_of("h", "/");
    take("Set-Cookie: a=1; Path=/; Secure\r\n", "h", "/");
    ck_assert_str_eq(sent("h", "/"), "");
    to.is_https = true;
    bytes_clear(&out);
    cookies_write(&jar, &to, &out);
    ck_assert_uint_eq(out.length, 3);
}
END_TEST

START_TEST(the_oldest_goes_first)
{
    char line[64];
    for (int i = 0; i < COOKIES_MAX + 1; i++) {
        snprintf(line, sizeof line, "Set-Cookie: c%d=1; Path=/\r\n", i);
        take(line, "h", "/");
    }
    ck_assert_uint_eq(jar.count, COOKIES_MAX);
    ck_assert_ptr_null(cookies_find(&jar, slice_of("c0")).at);
    ck_assert(slice_equals(cookies_find(&jar, slice_of("c1")), "1"));
}
END_TEST

START_TEST(what_is_no_cookie_is_ignored)
{
    static const char *const lines[] = {
        "Set-Cookie: \r\n",
        "Set-Cookie: a\r\n",
        "Set-Cookie: =1\r\n",
        "Set-Cookie:",
        "Set-Cookie: ;=;\r\n",
        "",
        "\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        take(lines[i], "h", "/");
        ck_assert_uint_eq(jar.count, 0);
    }
}
END_TEST

Suite *cookies_suite(void);
Suite *cookies_suite(void)
{
    Suite *suite = suite_create("cookies");
    TCase *tc = tcase_create("cookies");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_cookie_goes_back_to_its_host);
    tcase_add_test(tc, a_domain_covers_what_lies_below);
    tcase_add_test(tc, a_cookie_is_replaced_and_deleted);
    tcase_add_test(tc, a_secure_cookie_needs_https);
    tcase_add_test(tc, the_oldest_goes_first);
    tcase_add_test(tc, what_is_no_cookie_is_ignored);
    suite_add_tcase(suite, tc);
    return suite;
}
