#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/target/targets.h"

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

static bool read_text(const char *text)
{
    union {
        const char *text;
        void *bytes;
    } both = {.text = text}; /* fmemopen only reads it */
    FILE *in = fmemopen(both.bytes, strlen(text), "r");
    bool ok = targets_read(&targets, in, "list.json", &format_json, &defaults, &err);
    fclose(in);
    return ok;
}

/* Is `part` in the bytes of request i? */
static bool has(size_t i, const char *part)
{
    const struct request *request = &targets.requests[i];
    return memmem(request->bytes, request->length, part, strlen(part)) != NULL;
}

START_TEST(vegetas_example_is_a_post_with_body_and_headers)
{
    ck_assert_msg(read_text("{\"method\":\"POST\",\"url\":\"http://goku/1?a=b\",\"body\":"
                            "\"aGVsbG8=\",\"header\":{\"Content-Type\":[\"text/plain\"],"
                            "\"X-a\":[\"1\",\"2\"]}}\n"),
                  "%s", err.text);
    ck_assert_uint_eq(targets.count, 1);
    ck_assert(has(0, "POST /1?a=b HTTP/1.1\r\nHost: goku\r\n"));
    ck_assert(has(0, "\r\nContent-Type: text/plain\r\nX-a: 1\r\nX-a: 2\r\nContent-Length: 5\r\n"
                     "\r\nhello"));
    ck_assert_uint_eq(targets.requests[0].body_length, 5);
    ck_assert_str_eq(targets.list[0].name, "POST /1");
    ck_assert_str_eq(targets.list[0].url, "http://goku/1?a=b");
}
END_TEST

#define GET "{\"method\":\"GET\",\"url\":\"http://a/\""
static const struct {
    const char *text;
    size_t count;
} taken[] = {
    {GET "}", 1}, /* no newline at the end */
    {GET "}\n" GET "}", 2},
    {"\n \t\n" GET "}\r\n\n\n  " GET "}  \n", 2},
    {GET ",\"name\":\"home\"}", 1},
    {GET ",\"other\":{\"a\":[1,2,{\"b\":null}]},\"n\":1.5}", 1}, /* passed over */
    {GET ",\"body\":null,\"header\":null,\"name\":null}", 1},
    {GET ",\"body\":\"\",\"header\":{}}", 1},
    {GET ",\"header\":{\"A\":[],\"B\":null,\"C\":[\"\"]}}", 1},
    {"{\"url\":\"http://a/\",\"method\":\"M-SEARCH\"}", 1},
    {"{\"method\":\"GET\",\"method\":\"PUT\",\"url\":\"http://a/\"}", 1},
    {"\xef\xbb\xbf" GET "}\r\n\xc2\xa0\n" GET "}\x1a", 2},
};

START_TEST(targets_are_objects_on_lines)
{
    ck_assert_msg(read_text(taken[_i].text), "%s", err.text);
    ck_assert_uint_eq(targets.count, taken[_i].count);
}
END_TEST

static const struct {
    const char *text, *expected;
} refused[] = {
    {"\n", "list.json: no targets to attack; write one per line, such as {\"method\":"},
    {GET "}\n{\"url\":\"http://a/\"}\n",
     "list.json:2: target: required method is missing; write {"},
    {"{\"method\":\"GET\"}\n", "list.json:1: target: required url is missing; write {"},
    {"{\"method\":\"\",\"url\":\"http://a/\"}", "list.json:1: target: required method is missing"},
    {"\n\n{\"method\":\n", "list.json:3: parse error at column "},
    {GET "} x\n", "list.json:1: parse error at column "},
    {"GET http://a/\n", "list.json:1: parse error at column "},
    {"[]\n", "list.json:1: a target is one JSON object on one line"},
    {"{\"method\":1,\"url\":\"http://a/\"}", "list.json:1: \"method\" is not a string"},
    {"{\"method\":\"GET\",\"url\":[]}", "list.json:1: \"url\" is not a string"},
    {GET ",\"body\":{}}", "list.json:1: \"body\" is not a string"},
    {GET ",\"name\":3}", "list.json:1: \"name\" is not a string"},
    {GET ",\"name\":\"a\\u0007\"}", "list.json:1: a target's name must be 1 to 200 bytes"},
    {"{\"method\":\"G T\",\"url\":\"http://a/\"}", "list.json:1: \"G T\" is not a method"},
    {"{\"method\":\"GET\",\"url\":\"a\"}", "list.json:1: \"a\" is not a URL"},
    {"{\"method\":\"GET\",\"url\":\"http://a/ b\"}",
     "list.json:1: the URL \"http://a/ b\" contains a"},
    {GET ",\"header\":[]}", "list.json:1: \"header\" is not an object of arrays"},
    {GET ",\"header\":{\"A\":\"b\"}}", "list.json:1: \"header\" is not an object of arrays"},
    {GET ",\"header\":{\"A\":[1]}}", "list.json:1: \"header\" is not an object of arrays"},
    {GET ",\"header\":{\"A b\":[\"c\"]}}", "list.json:1: bad header name \"A b\""},
    {GET ",\"header\":{\"A\":[\"c\\r\\nB: d\"]}}",
     "list.json:1: the header \"A\" contains a control"},
    {"GET http://a/\n",
     "list.json:1: parse error at column 3: '[' or '{' expected near 'GET'; a "
     "target is one JSON object on one line; for METHOD URL lines, use order.format http"},
};

START_TEST(an_error_names_the_line_and_what_was_expected)
{
    ck_assert_msg(!read_text(refused[_i].text), "it was taken");
    ck_assert_msg(strncmp(err.text, refused[_i].expected, strlen(refused[_i].expected)) == 0,
                  "got: %s", err.text);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_uint_eq(targets.count, 0);
}
END_TEST

/* RFC 4648, and what is none. */
static const struct {
    const char *text, *decoded;
} bodies[] = {
    {"Zg==", "f"},        {"Zm8=", "fo"},         {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"}, {"Zm9vYmE=", "fooba"},  {"+/+/", "\xfb\xff\xbf"},
    {"Zg", NULL},         {"Zg=", NULL},          {"Zg===", NULL},
    {"Z===", NULL},       {"====", NULL},         {"Zh==", NULL},
    {"Zm9=", NULL},       {"Zg==Zg==", NULL},     {"Zm9v\\n", "foo"},
    {"Zm 9", NULL},       {"Zm-_", NULL},         {"Z=9v", NULL},
    {"Zg=v", NULL},       {"\u00e9\u00e9", NULL}, {"\\r\\nZm\\n9v\\r\\nYg=\\n=\\n", "foob"},
    {"\\n\\r", ""},       {"Zg=\\n", NULL},       {"Zm9v\\t", NULL},
};

START_TEST(a_body_is_base64_in_which_line_ends_are_passed_over)
{
    char text[200];
    snprintf(text, sizeof text, GET ",\"body\":\"%s\"}", bodies[_i].text);
    bool ok = read_text(text);
    ck_assert_msg(ok == (bodies[_i].decoded != NULL), "%s: %s", bodies[_i].text, err.text);
    if (ok) {
        const struct request *request = &targets.requests[0];
        ck_assert_uint_eq(request->body_length, strlen(bodies[_i].decoded));
        ck_assert_mem_eq(request->bytes + request->length - request->body_length,
                         bodies[_i].decoded, request->body_length);
    } else {
        ck_assert_ptr_nonnull(strstr(err.text, "list.json:1: \"body\" is not base64 (A-Z"));
    }
}
END_TEST

START_TEST(an_empty_body_leaves_room_for_the_common_one)
{
    defaults.body = "common";
    defaults.body_length = 6;
    ck_assert(read_text(GET "}\n" GET ",\"body\":\"\"}\n" GET ",\"body\":\"Zg==\"}\n"));
    ck_assert_uint_eq(targets.requests[0].body_length, 6);
    ck_assert_uint_eq(targets.requests[1].body_length, 6);
    ck_assert_uint_eq(targets.requests[2].body_length, 1);
}
END_TEST

START_TEST(what_is_left_at_the_ends_and_what_is_computed_is_passed_over)
{
    ck_assert_msg(
        read_text("{\"method\":\" PUT\\u00a0\",\"url\":\"\\ufeffhttp://a/x\\u00a0\\r\",\"body\":"
                  "\"Zg==\",\"header\":{\"X-A\\u00a0\":[\"\\u00a0"
                  "b\\r\"],"
                  "\"content-length\":[\"7\",\"8\"],\"Transfer-Encoding\":[\"gzip\"],"
                  "\"Host\":[\"\"],\"User-Agent\":[\"\",\"x\"]}}"),
        "%s", err.text);
    static const char expected[] =
        "PUT /x HTTP/1.1\r\nHost: a\r\nX-A: b\r\nContent-Length: 1\r\n\r\nf";
    ck_assert_uint_eq(targets.requests[0].length, sizeof expected - 1);
    ck_assert_mem_eq(targets.requests[0].bytes, expected, sizeof expected - 1);
    ck_assert_str_eq(targets.list[0].name, "PUT /x");
}
END_TEST

START_TEST(names_and_common_headers_are_taken)
{
    const char *const common[] = {"X-A: 1"};
    defaults.headers = common;
    defaults.header_count = 1;
    ck_assert(read_text(GET ",\"name\":\"home \u00e9\",\"header\":{\"X-A\":[\"2\"]}}"));
    ck_assert_str_eq(targets.list[0].name, "home \u00e9");
    ck_assert_str_eq(rows_name(&targets.rows, 0), "home \u00e9");
    ck_assert(has(0, "\r\nX-A: 1\r\nX-A: 2\r\n\r\n"));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *format_json_suite(void);
Suite *format_json_suite(void)
{
    Suite *suite = suite_create("format_json");
    TCase *tests = tcase_create("format_json");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, vegetas_example_is_a_post_with_body_and_headers);
    tcase_add_loop_test(tests, targets_are_objects_on_lines, 0, COUNT(taken));
    tcase_add_loop_test(tests, an_error_names_the_line_and_what_was_expected, 0, COUNT(refused));
    tcase_add_loop_test(tests, a_body_is_base64_in_which_line_ends_are_passed_over, 0,
                        COUNT(bodies));
    tcase_add_test(tests, an_empty_body_leaves_room_for_the_common_one);
    tcase_add_test(tests, what_is_left_at_the_ends_and_what_is_computed_is_passed_over);
    tcase_add_test(tests, names_and_common_headers_are_taken);
    suite_add_tcase(suite, tests);
    return suite;
}
