#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/redirect.h"

static const char get[] = "GET /a/b?c=d HTTP/1.1\r\nHost: h\r\n\r\n";
static const struct request request = {.bytes = get, .length = sizeof get - 1};

static const struct {
    const char *location;
    const char *line;
    const char *host;
} follows[] = {
    {"/x", "GET /x HTTP/1.1\r\nHost: h\r\n", ""},
    {"/x?y#z", "GET /x?y HTTP/1.1\r\nHost: h\r\n", ""},
    {"x", "GET /a/x HTTP/1.1\r\nHost: h\r\n", ""},
    {"?y", "GET /a/b?y HTTP/1.1\r\nHost: h\r\n", ""},
    {"#z", "GET /a/b?c=d HTTP/1.1\r\nHost: h\r\n", ""},
    {"/\xc3\xa9\xff", "GET /%C3%A9%FF HTTP/1.1\r\nHost: h\r\n", ""},
    {"\xc3\xa9", "GET /a/%C3%A9 HTTP/1.1\r\nHost: h\r\n", ""},
    {"http://o:81/\xc3\xa9", "GET /%C3%A9 HTTP/1.1\r\nHost: o:81\r\n", "o"},
    {"//o", "GET / HTTP/1.1\r\nHost: o\r\n", "o"},
};

START_TEST(a_location_becomes_a_request)
{
    char buffer[200];
    struct redirect redirect;
    const char *problem = NULL;
    ck_assert(redirect_follow(&request, false, 302, follows[_i].location, buffer, sizeof buffer,
                              &redirect, &problem));
    size_t length = strlen(follows[_i].line);
    ck_assert_uint_eq(redirect.request.length, length + 2);
    ck_assert(memcmp(buffer, follows[_i].line, length) == 0);
    ck_assert(memcmp(buffer + length, "\r\n", 2) == 0);
    ck_assert_str_eq(redirect.host, follows[_i].host);
}
END_TEST

/* In memory of just that size: every size is either too small, or all of it is there. */
START_TEST(what_does_not_fit_is_refused)
{
    static const char expected[] = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
    size_t fitting = 0;
    for (size_t size = 1; size < sizeof expected + 2; size++) {
        char *buffer = malloc(size);
        struct redirect redirect;
        const char *problem = NULL;
        if (redirect_follow(&request, false, 302, "/x", buffer, size, &redirect, &problem)) {
            ck_assert_uint_eq(redirect.request.length, sizeof expected - 1);
            ck_assert(memcmp(buffer, expected, sizeof expected - 1) == 0);
            fitting++;
        } else {
            ck_assert_ptr_nonnull(strstr(problem, "too long"));
        }
        free(buffer);
    }
    ck_assert_uint_ge(fitting, 2);
}
END_TEST

Suite *redirect_suite(void);
Suite *redirect_suite(void)
{
    Suite *suite = suite_create("redirect");
    TCase *tcase = tcase_create("redirect");
    tcase_add_loop_test(tcase, a_location_becomes_a_request, 0, sizeof follows / sizeof follows[0]);
    tcase_add_test(tcase, what_does_not_fit_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
