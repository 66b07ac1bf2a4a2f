/* Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>

#include "loadgen/target/request/secret.h"

static const struct {
    const char *name;
    bool is_secret;
} names[] = {
    {"Authorization", true},
    {"proxy-authorization", true},
    {"Cookie", true},
    {"Set-Cookie2", true},
    {"X-Api-Key", true},
    {"apikey", true},
    {"Sec-WebSocket-Key", true},
    {"X-Auth", true},
    {"x-auth-user", true},
    {"X-Authenticated-User", true},
    {"access_token", true},
    {"client_secret", true},
    {"password", true},
    {"PASSWD", true},
    {"sessionid", true},
    {"X-Amz-Credential", true},
    {"X-Amz-Signature", true},
    {"", false},
    {"Accept", false},
    {"Author", false},
    {"keyword", false},
    {"id", false},
};

START_TEST(telling_names_are_secret)
{
    ck_assert_msg(secret_is_name(slice_of(names[_i].name)) == names[_i].is_secret, "%s",
                  names[_i].name);
}
END_TEST

static const struct {
    const char *url, *masked;
} urls[] = {
    {"http://a/", "http://a/"},
    {"http://a/token=b", "http://a/token=b"},
    {"http://a/?", "http://a/?"},
    {"http://a/?b=c&&d", "http://a/?b=c&&d"},
    {"http://a/?token=secret&b=c", "http://a/?token=***&b=c"},
    {"http://a/?b=c&api_key=secret=?", "http://a/?b=c&api_key=***"},
    {"http://a/?token=x&token=&token", "http://a/?token=*&token=&token"},
    {"http://a/?b=c#access_token=secret", "http://a/?b=c#access_token=***"},
};

START_TEST(the_values_of_such_parameters_are_masked)
{
    char url[128];
    snprintf(url, sizeof url, "%s", urls[_i].url);
    secret_mask_url(url);
    ck_assert_str_eq(url, urls[_i].masked);
}
END_TEST

Suite *secret_suite(void);
Suite *secret_suite(void)
{
    Suite *suite = suite_create("secret");
    TCase *tests = tcase_create("secret");
    tcase_add_loop_test(tests, telling_names_are_secret, 0, sizeof names / sizeof names[0]);
    tcase_add_loop_test(tests, the_values_of_such_parameters_are_masked, 0,
                        sizeof urls / sizeof urls[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
