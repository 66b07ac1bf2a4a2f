#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/proxy.h"

static const struct {
    const char *no, *host;
    uint16_t port;
    bool is_direct;
} cases[] = {
    {"", "api.example", 80, false},
    {"", "localhost", 80, true},
    {"", "LocalHost", 80, true},
    {"", "x.localhost", 80, false},
    {"", "127.0.0.1", 80, true},
    {"", "127.9.9.9", 80, true},
    {"", "::1", 80, true},
    {"", "::ffff:127.0.0.1", 80, true},
    {"", "128.0.0.1", 80, false},
    {"*", "api.example", 80, true},
    {"example", "api.example", 80, true},
    {"api.example", "API.example", 80, true},
    {"pi.example", "api.example", 80, false},
    {".api.example", "api.example", 80, false},
    {".api.example", "v1.api.example", 80, true},
    {"*.api.example", "v1.api.example", 80, true},
    {"*.api.example", "api.example", 80, false},
    {"api.example.longer", "api.example", 80, false},
    {"other , api.example", "api.example", 80, true},
    {",,api.example,", "api.example", 80, true},
    {"other,\xc2\xa0"
     "api.example\r\n",
     "api.example", 80, true},
    {" , \t,", "api.example", 80, false},
    {"api.example:80", "api.example", 80, true},
    {"api.example:81", "api.example", 80, false},
    {"10.1.2.3", "10.1.2.3", 80, true},
    {"10.1.2.3:81", "10.1.2.3", 80, false},
    {"10.1.2.0/24", "10.1.2.3", 80, true},
    {"10.1.2.0/24", "10.1.3.3", 80, false},
    {"10.0.0.0/7", "11.1.3.3", 80, true},
    {"10.0.0.0/33", "10.0.0.0", 80, false},
    {"10.0.0.0/x", "10.0.0.0", 80, false},
    {"0.0.0.0/0", "fd00::1", 80, false},
    {"fd00::/8", "fdff::1", 80, true},
    {"10.0.0.0/18446744073709551615", "10.0.0.0", 80, false}, /* 96 more would be 95 */
    {"fd00::1", "fd00::1", 80, true},
    {"[fd00::1]", "fd00::1", 80, true},
    {"[fd00::1]:81", "fd00::1", 80, false},
    {"[fd00::1]:80", "fd00::1", 80, true},
    {"10.1.2.3", "10.1.2.3.example", 80, false},
};

START_TEST(whom_no_proxy_means)
{
    const struct proxy_options options = {.http = "proxy:3128", .no = cases[_i].no};
    struct proxy proxy;
    ck_assert_msg(proxy_for(&options, false, cases[_i].host, cases[_i].port, &proxy) !=
                      cases[_i].is_direct,
                  "\"%s\" for %s", cases[_i].no, cases[_i].host);
}
END_TEST

static const struct {
    const char *text, *url, *host;
    uint16_t port;
} proxies[] = {
    {"proxy:3128", "http://proxy:3128", "proxy", 3128},
    {"proxy", "http://proxy:80", "proxy", 80},
    {"http://proxy:3128/", "http://proxy:3128", "proxy", 3128},
    {"HTTP://user:p%40ss@proxy", "http://user:p%40ss@proxy:80", "proxy", 80},
    {"http://[::1]:3128", "http://[::1]:3128", "::1", 3128},
    {"http://[::1]", "http://[::1]:80", "::1", 80},
    {"socks5://proxy", "socks5h://proxy:1080", "proxy", 1080},
    {"socks5h://proxy:9", "socks5h://proxy:9", "proxy", 9},
    {"https://proxy:443", NULL, NULL, 0},
    {"http://proxy:0", NULL, NULL, 0},
    {"http://proxy:65536", NULL, NULL, 0},
    {"http://proxy:12x", NULL, NULL, 0},
    {"http://", NULL, NULL, 0},
};

START_TEST(what_is_a_proxy)
{
    const struct proxy_options options = {.https = proxies[_i].text};
    struct proxy proxy;
    struct err err = {0};
    bool is_one = proxy_for(&options, true, "api.example", 443, &proxy);
    ck_assert_msg(is_one == (proxies[_i].url != NULL), "%s", proxies[_i].text);
    ck_assert(proxy_check(&options, true, "api.example", 443, &err) == is_one);
    ck_assert(proxy_check(&options, false, "api.example", 80, NULL)); /* does not need it */
    ck_assert(proxy_check(&options, true, "127.0.0.1", 443, NULL));
    if (is_one) {
        ck_assert_str_eq(proxy.url, proxies[_i].url);
        ck_assert_str_eq(proxy.host, proxies[_i].host);
        ck_assert_uint_eq(proxy.port, proxies[_i].port);
        ck_assert(!proxy_for(&options, false, "api.example", 80, &proxy));
    } else {
        ck_assert_ptr_nonnull(strstr(err.text, "HTTPS_PROXY"));
    }
}
END_TEST

/* What is not needed is not judged; what is names the variable that it stands in. */
START_TEST(the_environment_is_judged_when_it_is_needed)
{
    struct proxy_options options = {0};
    struct err err = {0};
    unsetenv("HTTP_PROXY");
    unsetenv("no_proxy");
    setenv("http_proxy", "https://user:secret@proxy:1", 1);
    setenv("HTTPS_PROXY", "\xc2\xa0http://proxy:3128\r", 1);
    setenv("NO_PROXY", "*", 1);
    proxy_options_from_environment(&options);
    ck_assert(proxy_check(&options, false, "api.example", 80, &err));
    setenv("NO_PROXY", "", 1);
    setenv("no_proxy", "direct.example\r", 1);
    proxy_options_from_environment(&options);
    ck_assert_str_eq(options.https, "http://proxy:3128");
    ck_assert(proxy_check(&options, false, "localhost", 80, &err));
    ck_assert(proxy_check(&options, false, "direct.example", 80, &err));
    ck_assert(proxy_check(&options, true, "api.example", 443, &err));
    ck_assert(!proxy_check(&options, false, "api.example", 80, &err));
    ck_assert_str_eq(err.text, "environment variable http_proxy is not a valid proxy URL; use "
                               "http://HOST:PORT or socks5://HOST:PORT, or add api.example to "
                               "NO_PROXY");
    setenv("HTTP_PROXY", "proxy", 1);
    proxy_options_from_environment(&options);
    ck_assert(proxy_check(&options, false, "api.example", 80, &err));
}
END_TEST

Suite *proxy_suite(void);
Suite *proxy_suite(void)
{
    Suite *suite = suite_create("proxy");
    TCase *tests = tcase_create("proxy");
    tcase_add_loop_test(tests, whom_no_proxy_means, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tests, what_is_a_proxy, 0, sizeof proxies / sizeof proxies[0]);
    tcase_add_test(tests, the_environment_is_judged_when_it_is_needed);
    suite_add_tcase(suite, tests);
    return suite;
}
