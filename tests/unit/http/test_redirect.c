#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/redirect/redirect.h"

static const char get[] = "GET /a/b?c=d HTTP/1.1\r\nHost: h:81\r\nAuthorization: t\r\nCookie: c\r\n"
                          "X: y\r\nProxy-Authorization: p\r\nCookie2: d\r\n"
                          "WWW-Authenticate: w\r\nProxy-Authenticate: q\r\n\r\n";
static const struct request request = {.bytes = get, .length = sizeof get - 1};
static const struct redirect_origin origin = {"h", 81, false};

#define SECRETS                                                                                    \
    "Authorization: t\r\nCookie: c\r\nX: y\r\nProxy-Authorization: p\r\nCookie2: d\r\n"            \
    "WWW-Authenticate: w\r\nProxy-Authenticate: q\r\n"

static char problem[LOCATION_PROBLEM];

/* The request line's path, as RFC 3986 (5.4) and curl have it; the origin stays the same. */
static const struct {
    const char *location, *path;
} paths[] = {
    {"/x", "/x"},
    {"/x?y#z", "/x?y"},
    {"x", "/a/x"},
    {"./x", "/a/x"},
    {"x/", "/a/x/"},
    {"?y", "/a/b?y"},
    {"?", "/a/b?"},
    {"#z", "/a/b?c=d"},
    {"x?y/../z", "/a/x?y/../z"},
    {"?y/../z", "/a/b?y/../z"},
    {".", "/a/"},
    {"./", "/a/"},
    {"..", "/"},
    {"../", "/"},
    {"../x", "/x"},
    {"../..", "/"},
    {"../../../x", "/x"},
    {"/../x", "/x"},
    {"/./x/../y/.", "/y/"},
    {"/x/y/..", "/x/"},
    {"/x/..y/.z/w.", "/x/..y/.z/w."},
    {"/x//../y", "/x/y"},
    {"x;a=1/../y", "/a/y"},
    {"/%2e%2e/x", "/%2e%2e/x"},
    {"/x y?p q", "/x%20y?p+q"},
    {"  /x\t ", "/x"},
    {"/\xc3\xa9\xff?\xc3\xa9", "/%C3%A9%FF?%C3%A9"},
    {"\xc3\xa9", "/a/%C3%A9"},
    {"/{a}|^`\"<>\\", "/{a}|^`\"<>\\"},
    {"/x#y z\xff", "/x"},
    {"a?b:c", "/a/a?b:c"},
    {"./a:b", "/a/a:b"},
    {"http://h:81/x", "/x"},
    {"http://h:81/x/../y", "/y"},
    {"http://h:81", "/"},
    {"http://h:81?q", "/?q"},
    {"http://h:81#f", "/"},
    {"HTTP://H:081/x", "/x"},
    {"http:/h:81/x", "/x"},
    {"http:///h:81/x", "/x"},
    {"//h:81/x", "/x"},
    {"///h:81/x", "/x"},
};

START_TEST(a_location_is_resolved)
{
    char buffer[400];
    char expected[400];
    struct redirect redirect;
    ck_assert_msg(redirect_follow(&request, &origin, 302, paths[_i].location, buffer, sizeof buffer,
                                  &redirect, problem),
                  "%s", problem);
    int length = snprintf(expected, sizeof expected,
                          "GET %s HTTP/1.1\r\nHost: h:81\r\n" SECRETS "\r\n", paths[_i].path);
    ck_assert_msg(redirect.request.length == (size_t)length &&
                      memcmp(buffer, expected, (size_t)length) == 0,
                  "%s: got %.*s", paths[_i].location, (int)redirect.request.length, buffer);
    ck_assert_str_eq(redirect.host, "");
    ck_assert_uint_eq(redirect.port, 0);
}
END_TEST

/* From http://h:81; what is sent to another origin has nothing that was meant for the first. */
static const struct {
    const char *location, *host, *authority, *path;
    unsigned port;
    bool is_https;
} others[] = {
    {"http://o:81/\xc3\xa9", "o", "o:81", "/%C3%A9", 81, false},
    {"//o", "o", "o", "/", 80, false},
    {"//h/x", "h", "h", "/x", 80, false},
    {"http://h:82/x", "h", "h:82", "/x", 82, false},
    {"https://h:81/x", "h", "h:81", "/x", 81, true},
    {"https://h./x", "h.", "h.", "/x", 443, true},
    {"http://h.:81/x", "h.", "h.:81", "/x", 81, false}, /* as in curl */
    {"http://u:p@o/x", "o", "o", "/x", 80, false},
    {"http://b\u00fccher.example:81/", "xn--bcher-kva.example", "xn--bcher-kva.example:81", "/", 81,
     false},
    {"http://[fe80::1%25eth0]:81/", "fe80::1%eth0", "[fe80::1]:81", "/", 81, false},
};

START_TEST(another_origin_gets_no_secrets)
{
    char buffer[400];
    char expected[400];
    struct redirect redirect;
    ck_assert_msg(redirect_follow(&request, &origin, 302, others[_i].location, buffer,
                                  sizeof buffer, &redirect, problem),
                  "%s", problem);
    int length = snprintf(expected, sizeof expected, "GET %s HTTP/1.1\r\nHost: %s\r\nX: y\r\n\r\n",
                          others[_i].path, others[_i].authority);
    ck_assert_uint_eq(redirect.request.length, (size_t)length);
    ck_assert_mem_eq(buffer, expected, (size_t)length);
    ck_assert_str_eq(redirect.host, others[_i].host);
    ck_assert_uint_eq(redirect.port, others[_i].port);
    ck_assert_int_eq(redirect.is_https, others[_i].is_https);
}
END_TEST

START_TEST(a_default_port_is_the_same_spelled_out)
{
    static const char *const here[] = {"https://h/x", "https://h:443/x", "https://h:/x", "//H/x"};
    const struct redirect_origin secure = {"h", 443, true};
    char buffer[400];
    struct redirect redirect;
    ck_assert(redirect_follow(&request, &secure, 301, here[_i], buffer, sizeof buffer, &redirect,
                              problem));
    ck_assert_str_eq(redirect.host, "");
    ck_assert(redirect.is_https);
}
END_TEST

static const struct {
    const char *location, *line;
} users[] = {
    {"http://u:p%40@h/x", "Authorization: Basic dTpwQA==\r\n"},
    {"http://u@h/x", "Authorization: Basic dTo=\r\n"},
    {"http://:p@h/x", "Authorization: Basic OnA=\r\n"},
    {"http://@h/x", "Authorization: Basic Og==\r\n"},
    {"http://u:p%4@h/x", "Authorization: Basic dTpwJTQ=\r\n"},
    {"http://u:p@o/x", NULL},
};

START_TEST(a_user_is_sent_to_the_same_origin)
{
    static const char plain[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    const struct request bare = {.bytes = plain, .length = sizeof plain - 1};
    const struct redirect_origin h = {"h", 80, false};
    char buffer[400];
    struct redirect redirect;
    ck_assert(redirect_follow(&bare, &h, 302, users[_i].location, buffer, sizeof buffer, &redirect,
                              problem));
    buffer[redirect.request.length] = '\0';
    const char *line = strstr(buffer, "Authorization");
    if (users[_i].line) {
        ck_assert_ptr_nonnull(line);
        ck_assert_str_eq(strstr(line, "\r\n\r\n"), "\r\n\r\n");
        ck_assert_mem_eq(line, users[_i].line, strlen(users[_i].line));
    } else {
        ck_assert_ptr_null(line);
    }
}
END_TEST

static char long_location[LOCATION_MAX + 2];
static char long_user[700];

static const struct {
    const char *location, *problem;
} refused[] = {
    {"ftp://h/x", "redirected to \"ftp://h/x\": only http and https are followed"},
    {"ftp://u:pw@h/x", "redirected to \"ftp://\": only http and https are followed"},
    {"http://u:pw@h:0/x", "redirected to \"http://\", which has an invalid port"},
    {"mailto:x?token=y", "redirected to \"mailto:x\": only http and https are followed"},
    {"mailto:x", "redirected to \"mailto:x\": only http and https are followed"},
    {"http:x", "redirected to \"http:x\", which is not an http URL"},
    {"http:////h/x", "which is not an http URL"},
    {"http://", "which has no host"},
    {"http://:81/", "which has no host"},
    {"http://h:99999/", "which has an invalid port; use 1 to 65535"},
    {"http://[::1/", "which has an invalid IPv6 address"},
    {"http://a b/", "which has an invalid character in its host"},
    {"http://a@b@h/", "which has an invalid character in its host"},
    {"/x\ty", "a control character in the Location"},
    {"/x\x7fy", "a control character in the Location"},
    {long_location, "a Location longer than the limit of 32768 bytes"},
    {long_user, "a user and password longer than the limit of 512 bytes"},
    {location_lost, "not enough memory for a redirect"},
};

START_TEST(what_is_not_followed_says_why)
{
    static const char plain[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    const struct request bare = {.bytes = plain, .length = sizeof plain - 1};
    const struct redirect_origin h = {"h", 80, false};
    char buffer[2000];
    struct redirect redirect;
    memset(long_location, 'x', sizeof long_location - 1);
    snprintf(long_user, sizeof long_user, "http://%0600d@h/x", 0);
    ck_assert(!redirect_follow(&bare, &h, 302, refused[_i].location, buffer, sizeof buffer,
                               &redirect, problem));
    ck_assert_msg(strstr(problem, refused[_i].problem) != NULL, "%s", problem);
}
END_TEST

START_TEST(a_body_goes_along_where_it_is)
{
    static const char post[] = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                               "Content-Type: t\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    struct request with_body = {.bytes = post, .length = sizeof post - 1, .body_length = 2};
    const struct redirect_origin h = {"h", 80, false};
    char buffer[400];
    struct redirect first;
    struct redirect second;
    ck_assert(redirect_follow(&with_body, &h, 308, "/x", buffer, 200, &first, problem));
    ck_assert_ptr_eq(first.request.tail, strstr(post, "\r\n\r\n") + 4);
    ck_assert_uint_eq(first.request.tail_length, strlen("2\r\nab\r\n0\r\n\r\n"));
    ck_assert(redirect_follow(&first.request, &h, 307, "y", buffer + 200, 200, &second, problem));
    ck_assert_ptr_eq(second.request.tail, first.request.tail);
    ck_assert_uint_eq(second.request.body_length, 2);
    static const char again[] =
        "POST /y HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Type: t\r\n\r\n";
    ck_assert_uint_eq(second.request.length, sizeof again - 1);
    ck_assert_mem_eq(buffer + 200, again, sizeof again - 1);
    ck_assert(redirect_follow(&second.request, &h, 302, "z", buffer, 200, &first, problem));
    static const char end[] = "GET /z HTTP/1.1\r\nHost: h\r\n\r\n";
    ck_assert_uint_eq(first.request.length, sizeof end - 1);
    ck_assert_mem_eq(buffer, end, sizeof end - 1);
    ck_assert_ptr_null(first.request.tail);
    ck_assert_uint_eq(first.request.tail_length + first.request.body_length, 0);
}
END_TEST

/* In memory of just that size: every size is either too small, or all of it is there. */
START_TEST(what_does_not_fit_is_refused)
{
    static const char plain[] = "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n";
    static const char expected[] = "GET /x/z HTTP/1.1\r\nHost: h\r\n\r\n";
    const struct request bare = {.bytes = plain, .length = sizeof plain - 1};
    const struct redirect_origin h = {"h", 80, false};
    size_t fitting = 0;
    for (size_t size = 1; size < sizeof expected + 12; size++) {
        char *buffer = malloc(size);
        struct redirect redirect;
        if (redirect_follow(&bare, &h, 302, "/x/./y/../z", buffer, size, &redirect, problem)) {
            ck_assert_uint_eq(redirect.request.length, sizeof expected - 1);
            ck_assert_mem_eq(buffer, expected, sizeof expected - 1);
            fitting++;
        } else {
            ck_assert_uint_eq(fitting, 0);
            ck_assert_ptr_nonnull(strstr(problem, "exceed the limit of"));
        }
        free(buffer);
    }
    ck_assert_uint_ge(fitting, 2);
}
END_TEST

#define add(test, table) tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof((table)[0]))

Suite *redirect_suite(void);
Suite *redirect_suite(void)
{
    Suite *suite = suite_create("redirect");
    TCase *tcase = tcase_create("redirect");
    add(a_location_is_resolved, paths);
    add(another_origin_gets_no_secrets, others);
    tcase_add_loop_test(tcase, a_default_port_is_the_same_spelled_out, 0, 4);
    add(a_user_is_sent_to_the_same_origin, users);
    add(what_is_not_followed_says_why, refused);
    tcase_add_test(tcase, a_body_goes_along_where_it_is);
    tcase_add_test(tcase, what_does_not_fit_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
