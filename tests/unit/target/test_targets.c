#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/read_targets.h"

static struct targets targets;
static struct message_defaults defaults;
static struct err err;
static char body_file[] = "/tmp/headroom-targets-XXXXXX";

static void setup(void)
{
    defaults = (struct message_defaults){.keepalive = true};
    int fd = mkstemp(body_file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "{\"a\":\0}\n", 8), 8); /* a NUL, and a newline at the end */
    close(fd);
}

static void teardown(void)
{
    targets_free(&targets);
    unlink(body_file);
}

static bool read_bytes(const char *text, size_t length)
{
    return read_targets(&targets, text, length, &defaults, &err);
}

/* What "%s" in the text stands for is the path of a file with 8 bytes. */
static bool read_text(const char *format)
{
    char text[1024];
    snprintf(text, sizeof text, format, body_file);
    return read_bytes(text, strlen(text));
}

static void expect_count(size_t count)
{
    expect_targets(&targets, count, &err);
}

static void expect_bytes(size_t i, const char *expected)
{
    expect_request(&targets, i, expected);
}

START_TEST(a_bare_target_becomes_these_bytes)
{
    ck_assert(read_text("GET http://127.0.0.1:5000/health\n"));
    expect_count(1);
    expect_bytes(0, "GET /health HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nU\r\n\r\n");
    ck_assert_str_eq(targets.list[0].name, "GET /health");
    ck_assert_str_eq(targets.list[0].method, "GET");
    ck_assert_str_eq(targets.list[0].url, "http://127.0.0.1:5000/health");
    ck_assert_uint_eq(targets.requests[0].body_length, 0);
    ck_assert_uint_eq(targets.requests[0].target, 0);
    ck_assert_uint_eq(targets.requests[0].endpoint, 0);
    ck_assert_str_eq(targets.endpoints[0].host, "127.0.0.1");
    ck_assert_uint_eq(targets.endpoints[0].port, 5000);
}
END_TEST

START_TEST(vegetas_example_is_four_targets)
{
    ck_assert(read_text("# comment\n"
                        "GET http://:80/a\n"
                        "GET http://:80/b\n"
                        "X-Account-ID: 8675309\n"
                        "\n"
                        "POST http://:80/c\n"
                        "Content-Type: application/json\n"
                        "@%s\n"
                        "DELETE http://:80/d\n"));
    expect_count(4);
    expect_bytes(0, "GET /a HTTP/1.1\r\nHost: :80\r\nU\r\n\r\n");
    expect_bytes(1, "GET /b HTTP/1.1\r\nHost: :80\r\nU\r\nX-Account-ID: 8675309\r\n\r\n");
    const struct request *post = &targets.requests[2];
    ck_assert_uint_eq(post->body_length, 8);
    ck_assert_mem_eq(post->bytes + post->length - 8, "{\"a\":\0}\n", 8);
    ck_assert_ptr_nonnull(strstr(post->bytes, "\r\nContent-Type: application/json\r\n"
                                              "Content-Length: 8\r\n\r\n{"));
    expect_bytes(3, "DELETE /d HTTP/1.1\r\nHost: :80\r\nU\r\n\r\n");
    ck_assert_uint_eq(targets.endpoint_count, 1);
    ck_assert_str_eq(targets.endpoints[0].host, "localhost");
}
END_TEST

/* The grammar: how many targets each text is. */
static const struct {
    const char *text;
    size_t count;
} grammar[] = {
    {"GET http://a/", 1}, /* no newline at the end */
    {"\n\n# c\n\t\n#d\nGET http://a/\n\n\n#e\n", 1},
    {"GET http://a/\nGET http://b/\nGET http://c/", 3},
    {"GET http://a/\n\nGET http://b/\n", 2},
    {"  GET http://a/  \n\t\n  GET http://b/\t\n", 2},
    {"GET http://a/\r\nX-A: b\r\n\r\nGET http://b/\r\n", 2},
    {"GET http://a/\nA: b\n\nGET http://b/\n", 2},
    {"GET http://a/\nA: b", 1},
    {"GET http://a/\n# c\nA: b\n# d\nA: c\n\n", 1},
    {"GET http://a/\n# c\n\nGET http://b/\n", 2},
    {"PUT http://a/\n@%s\nGET http://b/\n", 2}, /* @ ends the target at once */
    {"PUT http://a/\nA: b\n@%s\n\n# c\n\nGET http://b/\n", 2},
    {"PUT http://a/\n@%s", 1},
    {"ANYWORD http://a/\n", 1},
    {"GET\thttp://a/\n", 1},
    {"GET http://a/\n# @name b\nGET http://b/\n", 2}, /* a name belongs to what follows it */
    {"GET http://a/\nA: b\n# @name b\nGET http://b/\n", 2},
    {"GET http://a/\n# @named b\nA: b\n", 1},
    {"\xef\xbb\xbfGET http://a/\r\nA: b\r\n\r\nGET http://b/\r\n", 2}, /* byte order mark */
    {"GET http://a/\n\xef\xbb\xbfGET http://b/\n", 2},                 /* of a file joined to it */
    {"\xef\xbb\xbf# c\nGET http://a/\n\x1a", 1},                       /* DOS's end of file */
    {"GET http://a/\n\xc2\xa0\nGET http://b/\n", 2}, /* a line that looks blank is */
    {"GET http://a/\nContent-Length: 3\nTransfer-Encoding: chunked\n", 1},
    {"GET http://a/\nHost:\nUser-Agent:\n", 1},
};

START_TEST(targets_are_told_apart_by_vegetas_grammar)
{
    ck_assert_msg(read_text(grammar[_i].text), "%s", err.text);
    expect_count(grammar[_i].count);
}
END_TEST

static const struct {
    const char *text, *expected;
} refused[] = {
    {"", "list.txt: no targets to attack; write one per line"},
    {"\n# only a comment\n", "list.txt: no targets to attack"},
    {"GET\n", "list.txt:1: \"GET\" does not begin a target"},
    {"\n\nget http://a/\n", "list.txt:3: \"get http://a/\" does not begin a target"},
    {"M-SEARCH http://a/\n", "list.txt:1: \"M-SEARCH http://a/\" does not begin a target"},
    {"A2 http://a/\n", "list.txt:1: "},
    {"http://a/\n", "list.txt:1: \"http://a/\" does not begin a target"},
    {"@%s\n", "list.txt:1: "},
    {"GET http://a/\n\nX-A: b\n", "list.txt:3: \"X-A: b\" does not begin a target"},
    {"GET http://a/\nGET nowhere\n", "list.txt:2: \"nowhere\" is not a URL"},
    {"GET http://a/ X-A: b\n", "list.txt:1: the URL \"http://a/ X-A: b\" contains a space"},
    {"GET http://a/\nX-A: b\nGET http://b/\n",
     "list.txt:3: \"GET http://b/\" follows a header of the target above; put a blank line"},
    {"GET http://a/\n# c\nGET http://b/\n", "list.txt:3: \"GET http://b/\" follows a header"},
    {"GET http://a/\nX-A\n", "list.txt:2: bad header \"X-A\"; write Name: value"},
    {"GET http://a/\nX-A:\n", "list.txt:2: bad header \"X-A:\""},
    {"GET http://a/\nX-A: \n", "list.txt:2: bad header \"X-A:\""},
    {"GET http://a/\n: b\n", "list.txt:2: bad header \": b\""},
    {"GET http://a/\nX-A b: c\n", "list.txt:2: bad header \"X-A b: c\""},
    {"GET http://a/\nX-A: b\x01\x63\n",
     "list.txt:2: the header \"X-A\" contains a control character"},
    {"PUT http://a/\n@/nowhere/at all\n", "list.txt:2: cannot open /nowhere/at all: No such file"},
    {"PUT http://a/\nX-A: b\n@/tmp\n", "list.txt:3: cannot read /tmp: Is a directory"},
    {"PUT http://a/\n@\n", "list.txt:2: cannot open "},
    {"# @name\nGET http://a/\n", "list.txt:1: a target's name must be 1 to 200 bytes of UTF-8"},
    {"# @name a\x01\nGET http://a/\n", "list.txt:1: a target's name must be "},
    {"# @name \xff\nGET http://a/\n", "list.txt:1: a target's name must be "},
    {"POST http://h:5000/add_users/ Content-Type: application/json {'id':4, 'name':'user4'}\n",
     "list.txt:1: the URL \"http://h:5000/add_users/ Content-Type: application/json {'id':4, "
     "'name':'user4'}\" contains a space; write the target on separate lines: "
     "\"POST http://h:5000/add_users/\", below it \"Content-Type: application/json\", below that "
     "\"@FILE\", with {'id':4, 'name':'user4'} in FILE (in URLs, write spaces as %20)"},
    {"GET http://a/ HTTP/1.1\nAccept: */*\n",
     "list.txt:1: the URL \"http://a/ HTTP/1.1\" contains a space; remove HTTP/1.1: "
     "\"GET http://a/\""},
    {"GET http://a/\xc2\xa0 http/2\n",
     "list.txt:1: the URL \"http://a/\xc2\xa0 http/2\" contains a space; remove http/2"},
    {"POST http://a/\nA: b\n\n{\"a\":1}\n", "list.txt:4: \"{\"a\":1}\" does not begin a target; if "
                                            "it is a body, put it in a file and write "
                                            "@FILE right below the headers"},
    {"POST http://a/\n\na=1&b=2\n", "list.txt:3: \"a=1&b=2\" does not begin a target; if it is a"},
    {"POST http://a/\n\n<a/>\n", "list.txt:3: \"<a/>\" does not begin a target; if it is a body"},
    {"POST http://a/\nA: b\n{\"a\":1}\n", "list.txt:3: \"{\"a\":1}\" is not a header; if it is a "
                                          "body, put it in a file and write @FILE"},
    {"POST http://a/\n[1]\n", "list.txt:2: \"[1]\" is not a header; if it is a body"},
    {"POST http://a/\na=1\n", "list.txt:2: \"a=1\" is not a header; if it is a body"},
    {"POST http://a/\n\n@file\n",
     "list.txt:3: \"@file\" does not begin a target; the @FILE of a body belongs below the "
     "headers; without headers, it must follow its request line without a blank line"},
    {"{\"method\":\"GET\",\"url\":\"http://a/\"}\n",
     "list.txt:1: \"{\"method\":\"GET\",\"url\":\"http://a/\"}\" does not begin a target of "
     "order.format "
     "http; targets in JSON need order.format json"},
    {"get http://a/\n", "list.txt:1: \"get http://a/\" does not begin a target; write the method "
                        "\"get\" in capitals"},
    {"curl http://a/\n",
     "list.txt:1: \"curl http://a/\" does not begin a target; write a method in "},
    {"http://a/\n", "list.txt:1: \"http://a/\" does not begin a target; write a method before it: "
                    "GET http://a/"},
    {"GET http://a/\n\nX-A: b\n", "list.txt:3: \"X-A: b\" does not begin a target; a header must "
                                  "follow its request line"},
    {"GET http://a/\rGET http://b/\r", "list.txt:1: the line contains a carriage return"},
    {"# c\rGET http://b/\r", "list.txt:1: the line contains a carriage return"},
};

START_TEST(an_error_names_the_line_and_what_was_expected)
{
    ck_assert_msg(!read_text(refused[_i].text), "it was taken");
    ck_assert_msg(strncmp(err.text, refused[_i].expected, strlen(refused[_i].expected)) == 0,
                  "got: %s", err.text);
    ck_assert_uint_eq(targets.count, 0);
    ck_assert_ptr_null(targets.list);
}
END_TEST

START_TEST(white_space_of_unicode_at_the_ends_is_no_part_of_a_target)
{
    ck_assert_msg(read_text("\xef\xbb\xbfGET\xc2\xa0http://a/x\xc2\xa0\r\n"
                            "\xe3\x80\x80X-A\xc2\xa0:\xc2\xa0"
                            "b\xe2\x80\x8b\n"
                            "Content-Length: 2\n\n"
                            "# @name\xc2\xa0home\xc2\xa0\n"
                            "PUT http://a/\n@%s\xc2\xa0\r\n"),
                  "%s", err.text);
    expect_count(2);
    expect_bytes(0, "GET /x HTTP/1.1\r\nHost: a\r\nU\r\nX-A: b\r\n\r\n");
    ck_assert_str_eq(targets.list[0].url, "http://a/x");
    ck_assert_str_eq(targets.list[1].name, "home");
    ck_assert_uint_eq(targets.requests[1].body_length, 8);
}
END_TEST

/* "G", as each encoding has it, with a byte order mark and without. */
static const struct {
    const char *bytes, *name;
    size_t length;
} encodings[] = {
    {"\xff\xfeG\0E\0T\0\n\0", "UTF-16", 10},
    {"\xfe\xff\0G\0E\0T\0\n", "UTF-16", 10},
    {"G\0E\0T\0\n\0", "UTF-16LE", 8},
    {"\0G\0E\0T\0\n", "UTF-16BE", 8},
    {"\xff\xfe\0\0G\0\0\0", "UTF-32", 8},
    {"\0\0\xfe\xff\0\0\0G", "UTF-32", 8},
    {"G\0\0\0E\0\0\0", "UTF-32LE", 8},
    {"\0\0\0G\0\0\0E", "UTF-32BE", 8},
    {"\xff\xfe", "UTF-16", 2},
};

START_TEST(a_file_in_another_encoding_is_named_with_the_remedy)
{
    char expected[200];
    snprintf(expected, sizeof expected,
             "list.txt:1: the file is %s; convert it to UTF-8: iconv -f %s -t UTF-8 FILE >NEW_FILE",
             encodings[_i].name, encodings[_i].name);
    ck_assert(!read_bytes(encodings[_i].bytes, encodings[_i].length));
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
    char text[] = "GET http://a/\nX-A: b\0c\n";
    ck_assert(!read_bytes(text, sizeof text - 1));
    ck_assert_str_eq(err.text, "list.txt:2: the line contains a NUL byte");
}
END_TEST

/* vegeta trims the name and the value of a header, and keeps the case of both. */
static const struct {
    const char *line, *sent;
} headers[] = {
    {"x-LOWER: Value", "x-LOWER: Value"},
    {"  X-A: b  ", "X-A: b"},
    {"X-A: b: c", "X-A: b: c"},
    {"X-A : b", "X-A: b"},
    {"X-A:   b", "X-A: b"},
    {"X-A:b", "X-A: b"},
};

START_TEST(a_header_is_sent_trimmed_and_in_its_own_case)
{
    char text[200];
    char expected[200];
    snprintf(text, sizeof text, "GET http://a/\n%s\n", headers[_i].line);
    snprintf(expected, sizeof expected, "GET / HTTP/1.1\r\nHost: a\r\nU\r\n%s\r\n\r\n",
             headers[_i].sent);
    ck_assert_msg(read_text(text), "%s", err.text);
    expect_bytes(0, expected);
}
END_TEST

START_TEST(headers_of_the_command_line_come_first_and_none_is_replaced)
{
    const char *const common[] = {"X-A: 1", "X-B: 2"};
    defaults.headers = common;
    defaults.header_count = 2;
    defaults.attack_name = "big bang";
    defaults.keepalive = false;
    ck_assert(read_text("GET http://a/\nX-A: 3\nX-A: 4\n"));
    expect_bytes(0, "GET / HTTP/1.1\r\nHost: a\r\nU\r\nX-A: 1\r\nX-B: 2\r\nX-A: 3\r\nX-A: 4\r\n"
                    "X-Vegeta-Attack: big bang\r\nConnection: close\r\n\r\n");
}
END_TEST

START_TEST(host_user_agent_and_connection_may_be_set_and_are_sent_once)
{
    defaults.keepalive = false;
    ck_assert(read_text("GET http://a/\nhost: b\nuser-agent: me\nconnection: keep-alive\n"));
    static const char expected[] = "GET / HTTP/1.1\r\nhost: b\r\nuser-agent: me\r\n"
                                   "connection: keep-alive\r\n\r\n";
    ck_assert_uint_eq(targets.requests[0].length, sizeof expected - 1);
    ck_assert_mem_eq(targets.requests[0].bytes, expected, sizeof expected - 1);
}
END_TEST

START_TEST(a_body_of_its_own_wins_over_the_common_one)
{
    defaults.body = "common";
    defaults.body_length = 6;
    ck_assert(read_text("GET http://a/\nPOST http://a/\n@%s\nPOST http://a/\n"));
    expect_count(3);
    expect_bytes(0, "GET / HTTP/1.1\r\nHost: a\r\nU\r\nContent-Length: 6\r\n\r\ncommon");
    const struct request *own = &targets.requests[1];
    ck_assert_uint_eq(own->body_length, 8);
    ck_assert_mem_eq(own->bytes + own->length - 8, "{\"a\":\0}\n", 8);
    expect_bytes(2, "POST / HTTP/1.1\r\nHost: a\r\nU\r\nContent-Length: 6\r\n\r\ncommon");
}
END_TEST

static const struct {
    const char *method;
    bool is_head, is_idempotent, has_length;
} methods[] = {
    {"GET", false, true, false},   {"HEAD", true, true, false},    {"PUT", false, true, true},
    {"POST", false, false, true},  {"DELETE", false, true, false}, {"OPTIONS", false, true, false},
    {"PATCH", false, false, true}, {"PURGE", false, false, false},
};

START_TEST(the_method_says_what_may_be_sent_twice_and_what_has_a_length)
{
    char text[64];
    char expected[128];
    snprintf(text, sizeof text, "%s http://a/x?y\n", methods[_i].method);
    snprintf(expected, sizeof expected, "%s /x?y HTTP/1.1\r\nHost: a\r\nU\r\n%s\r\n",
             methods[_i].method, methods[_i].has_length ? "Content-Length: 0\r\n" : "");
    ck_assert(read_text(text));
    expect_bytes(0, expected);
    ck_assert_int_eq(targets.requests[0].is_head, methods[_i].is_head);
    ck_assert_int_eq(targets.requests[0].is_idempotent, methods[_i].is_idempotent);
}
END_TEST

START_TEST(equal_hosts_and_ports_are_one_endpoint)
{
    ck_assert(read_text("GET http://a/1\nGET http://A:80/2\nGET http://a:81/\nGET http://b/\n"
                        "GET http://ab/\nGET http://a:81/3\nGET http://[::1]:81/\n"));
    static const uint32_t expected[] = {0, 0, 1, 2, 3, 1, 4};
    expect_count(7);
    ck_assert_uint_eq(targets.endpoint_count, 5);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_uint_eq(targets.requests[i].endpoint, expected[i]);
        ck_assert_uint_eq(targets.requests[i].target, i);
    }
    ck_assert_str_eq(targets.endpoints[4].host, "::1");
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *targets_suite(void);
Suite *targets_suite(void)
{
    Suite *suite = suite_create("targets");
    TCase *tests = tcase_create("targets");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_bare_target_becomes_these_bytes);
    tcase_add_test(tests, vegetas_example_is_four_targets);
    tcase_add_loop_test(tests, targets_are_told_apart_by_vegetas_grammar, 0, COUNT(grammar));
    tcase_add_loop_test(tests, an_error_names_the_line_and_what_was_expected, 0, COUNT(refused));
    tcase_add_test(tests, white_space_of_unicode_at_the_ends_is_no_part_of_a_target);
    tcase_add_loop_test(tests, a_file_in_another_encoding_is_named_with_the_remedy, 0,
                        COUNT(encodings));
    tcase_add_test(tests, a_nul_byte_is_refused);
    tcase_add_loop_test(tests, a_header_is_sent_trimmed_and_in_its_own_case, 0, COUNT(headers));
    tcase_add_test(tests, headers_of_the_command_line_come_first_and_none_is_replaced);
    tcase_add_test(tests, host_user_agent_and_connection_may_be_set_and_are_sent_once);
    tcase_add_test(tests, a_body_of_its_own_wins_over_the_common_one);
    tcase_add_loop_test(tests, the_method_says_what_may_be_sent_twice_and_what_has_a_length, 0,
                        COUNT(methods));
    tcase_add_test(tests, equal_hosts_and_ports_are_one_endpoint);
    suite_add_tcase(suite, tests);
    return suite;
}
