/* A URL alone, and paths on TARGET_HOST. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/read_targets.h"

static struct targets targets;
static struct message_defaults defaults;
static struct err err;

static void setup(void)
{
    defaults = (struct message_defaults){.keepalive = true};
}

static void teardown(void)
{
    targets_free(&targets);
}

START_TEST(a_single_url_is_one_get)
{
    ck_assert(targets_single(&targets, "http://127.0.0.1:5000", &defaults, &err));
    expect_targets(&targets, 1, &err);
    expect_request(&targets, 0, "GET / HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nU\r\n\r\n");
    targets_free(&targets);
    ck_assert(!targets_single(&targets, "nowhere", &defaults, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "\"nowhere\" is not a URL"));
    ck_assert_uint_eq(targets.count, 0);
}
END_TEST

static const struct {
    const char *target_host, *url; /* url: as it becomes, or what the error is */
    bool is_taken;
    const char *path; /* of the target; NULL: /a?b */
} on_host[] = {
    {"h", "http://h/a?b", true, NULL},
    {"h:5000", "http://h:5000/a?b", true, NULL},
    {"h:5000/", "http://h:5000/a?b", true, NULL},
    {"[::1]:5000", "http://[::1]:5000/a?b", true, NULL},
    {"http://h:5000", "http://h:5000/a?b", true, NULL},
    {"http://h:5000//", "http://h:5000/a?b", true, NULL},
    {"http://h/base/", "http://h/base/a?b", true, NULL},
    {"h", "http://h/", true, "/"},
    {"h", "http://h/%C3%A9", true, "/\u00e9"},
    {"h", "http://other:1/a", true, "http://other:1/a"},
    {"h:x", "http://other:1/a", true, "http://other:1/a"}, /* not needed, not looked at */
    {NULL, "http://other:1/a", true, "http://other:1/a"},
    {NULL,
     "list.txt:2: \"/a?b\" is only a path, and TARGET_HOST is not set; write "
     "http://HOST[:PORT]/a?b, or set TARGET_HOST=HOST:PORT",
     false, NULL},
    {"h:x", "list.txt:2: TARGET_HOST: the URL \"http://h:x\" has an invalid port", false, NULL},
    {"h\n", "list.txt:2: TARGET_HOST: the URL \"http://h\n\" contains a control character", false,
     NULL},
    {"a h", "list.txt:2: TARGET_HOST: the URL \"http://a h\" contains a space", false, NULL},
    {"ftp://h", "list.txt:2: TARGET_HOST: \"ftp://h\" is not a URL", false, NULL},
    {"http://", "list.txt:2: TARGET_HOST: \"http:\" is not a URL", false, NULL},
    {"h?a=", "list.txt:2: TARGET_HOST: \"h?a=\" is neither HOST:PORT nor http://HOST", false, NULL},
    {"http://h#a", "list.txt:2: TARGET_HOST: \"http://h#a\" is neither", false, NULL},
    {"h", "list.txt:2: \"a\" is not a URL", false, "a"},
};

START_TEST(a_path_is_on_the_target_host)
{
    char text[256];
    const char *path = on_host[_i].path ? on_host[_i].path : "/a?b";
    snprintf(text, sizeof text, "# one target\nGET %s\n", path);
    defaults.target_host = on_host[_i].target_host;
    bool ok = read_targets(&targets, text, strlen(text), &defaults, &err);
    if (on_host[_i].is_taken) {
        ck_assert_msg(ok, "%s", err.text);
        ck_assert_str_eq(targets.list[0].url, on_host[_i].url);
    } else {
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(strncmp(err.text, on_host[_i].url, strlen(on_host[_i].url)) == 0, "got: %s",
                      err.text);
    }
}
END_TEST

START_TEST(each_way_to_read_targets_knows_the_target_host)
{
    char json[] = "{\"method\":\"GET\",\"url\":\"/a\"}";
    defaults.target_host = "h:5000";
    ck_assert(targets_single(&targets, "/a", &defaults, &err));
    expect_request(&targets, 0, "GET /a HTTP/1.1\r\nHost: h:5000\r\nU\r\n\r\n");
    ck_assert_uint_eq(targets.endpoints[0].port, 5000);
    targets_free(&targets);
    FILE *in = fmemopen(json, strlen(json), "r");
    ck_assert(targets_read(&targets, in, "list.json", &format_json, &defaults, &err));
    fclose(in);
    ck_assert_str_eq(targets.list[0].url, "http://h:5000/a");
    targets_free(&targets);
    defaults.target_host = NULL;
    ck_assert(!targets_single(&targets, "/a", &defaults, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "\"/a\" is only a path, and TARGET_HOST is not set"));
}
END_TEST

enum { ON_HOST = sizeof on_host / sizeof on_host[0] };

Suite *target_host_suite(void);
Suite *target_host_suite(void)
{
    Suite *suite = suite_create("target_host");
    TCase *tests = tcase_create("target_host");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_single_url_is_one_get);
    tcase_add_loop_test(tests, a_path_is_on_the_target_host, 0, ON_HOST);
    tcase_add_test(tests, each_way_to_read_targets_knows_the_target_host);
    suite_add_tcase(suite, tests);
    return suite;
}
