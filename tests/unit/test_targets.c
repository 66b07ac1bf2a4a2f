#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/version.h"
#include "loadgen/target/targets.h"

static struct targets targets;
static struct message_defaults defaults;
static struct err err;
static char body_file[] = "/tmp/headroom-targets-XXXXXX";

static void setup(void)
{
    defaults = (struct message_defaults){.attack_name = "", .keepalive = true};
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

static bool read_bytes(char *text, size_t length)
{
    FILE *in = length ? fmemopen(text, length, "r") : fopen("/dev/null", "r");
    bool ok = targets_read(&targets, in, "list.txt", &format_http, &defaults, &err);
    fclose(in);
    return ok;
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
    ck_assert_msg(err.code == ERR_NONE, "%s", err.text);
    ck_assert_uint_eq(targets.count, count);
}

/* "\r\nU\r\n" in what is expected stands for the User-Agent line, with our version. */
static void expect_bytes(size_t i, const char *expected)
{
    char full[1024];
    const char *agent = strstr(expected, "\r\nU\r\n");
    ck_assert_ptr_nonnull(agent);
    int length =
        snprintf(full, sizeof full, "%.*s\r\nUser-Agent: headroom-loadgen/%s\r\n%s",
                 (int)(agent - expected), expected, version_number, agent + strlen("\r\nU\r\n"));
    const struct request *request = &targets.requests[i];
    ck_assert_msg(request->length == (size_t)length &&
                      memcmp(request->bytes, full, request->length) == 0,
                  "got:\n%.*s", (int)request->length, request->bytes);
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
    {"", "list.txt: no targets to attack; write one a line"},
    {"\n# only a comment\n", "list.txt: no targets to attack"},
    {"GET\n", "list.txt:1: \"GET\" does not begin a target"},
    {"\n\nget http://a/\n", "list.txt:3: \"get http://a/\" does not begin a target"},
    {"M-SEARCH http://a/\n", "list.txt:1: \"M-SEARCH http://a/\" does not begin a target"},
    {"A2 http://a/\n", "list.txt:1: "},
    {"http://a/\n", "list.txt:1: \"http://a/\" does not begin a target"},
    {"@%s\n", "list.txt:1: "},
    {"GET http://a/\n\nX-A: b\n", "list.txt:3: \"X-A: b\" does not begin a target"},
    {"GET http://a/\nGET nowhere\n", "list.txt:2: \"nowhere\" is not a URL"},
    {"GET http://a/ X-A: b\n", "list.txt:1: the URL \"http://a/ X-A: b\" has a space in it"},
    {"GET http://a/\nX-A: b\nGET http://b/\n",
     "list.txt:3: \"GET http://b/\" follows a header of the target above; put a blank line"},
    {"GET http://a/\n# c\nGET http://b/\n", "list.txt:3: \"GET http://b/\" follows a header"},
    {"GET http://a/\nX-A\n", "list.txt:2: bad header \"X-A\"; write Name: value"},
    {"GET http://a/\nX-A:\n", "list.txt:2: bad header \"X-A:\""},
    {"GET http://a/\nX-A: \n", "list.txt:2: bad header \"X-A:\""},
    {"GET http://a/\n: b\n", "list.txt:2: bad header \": b\""},
    {"GET http://a/\nX-A b: c\n", "list.txt:2: bad header \"X-A b: c\""},
    {"GET http://a/\nX-A: b\x01\x63\n", "list.txt:2: the header \"X-A\" has a control character"},
    {"GET http://a/\nContent-Length: 3\n", "list.txt:2: the header \"Content-Length\" is computed"},
    {"GET http://a/\ntransfer-encoding: chunked\n", "list.txt:2: the header \"transfer-encoding"},
    {"PUT http://a/\n@/nowhere/at all\n", "list.txt:2: cannot open /nowhere/at all: No such file"},
    {"PUT http://a/\nX-A: b\n@/tmp\n", "list.txt:3: cannot read /tmp: Is a directory"},
    {"PUT http://a/\n@\n", "list.txt:2: cannot open "},
    {"# @name\nGET http://a/\n", "list.txt:1: a target's name is 1 to 200 bytes of UTF-8"},
    {"# @name a\x01\nGET http://a/\n", "list.txt:1: a target's name is "},
    {"# @name \xff\nGET http://a/\n", "list.txt:1: a target's name is "},
    {"POST http://h:5000/add_users/ Content-Type: application/json {'id':4, 'name':'user4'}\n",
     "list.txt:1: the URL \"http://h:5000/add_users/ Content-Type: application/json {'id':4, "
     "'name':'user4'}\" has a space in it; a target is written on lines of its own: "
     "\"POST http://h:5000/add_users/\", below it \"Content-Type: application/json\", below that "
     "\"@FILE\", with {'id':4, 'name':'user4'} in FILE (a space inside a URL is written %20)"},
    {"GET http://a/ HTTP/1.1\n",
     "list.txt:1: the URL \"http://a/ HTTP/1.1\" has a space in it; a target is written on lines "
     "of "
     "its own: \"GET http://a/\", below it \"Name: value\", below that \"@FILE\", with the body"},
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

START_TEST(a_nul_byte_is_refused)
{
    char text[] = "GET http://a/\nX-A: b\0c\n";
    ck_assert(!read_bytes(text, sizeof text - 1));
    ck_assert_str_eq(err.text, "list.txt:2: there is a NUL byte in the line");
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
    bool is_head, is_repeatable, has_length;
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
    ck_assert_int_eq(targets.requests[0].is_repeatable, methods[_i].is_repeatable);
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

START_TEST(a_single_url_is_one_get)
{
    ck_assert(targets_single(&targets, "http://127.0.0.1:5000", &defaults, &err));
    expect_count(1);
    expect_bytes(0, "GET / HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nU\r\n\r\n");
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
    {"", "list.txt:2: \"/a?b\" is only a path, and TARGET_HOST is not set", false, NULL},
    {"h:x", "list.txt:2: TARGET_HOST: the URL \"http://h:x\" has a bad port", false, NULL},
    {"h\n", "list.txt:2: TARGET_HOST: the URL \"http://h\n\" has a control character", false, NULL},
    {"a h", "list.txt:2: TARGET_HOST: the URL \"http://a h\" has a space in it", false, NULL},
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
    bool ok = read_bytes(text, strlen(text));
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
    expect_bytes(0, "GET /a HTTP/1.1\r\nHost: h:5000\r\nU\r\n\r\n");
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

START_TEST(a_long_line_is_taken_whole)
{
    enum { LONG = 200000 };
    char *text = calloc(1, LONG + 100);
    size_t at = (size_t)sprintf(text, "GET http://a/\nX-A: ");
    memset(text + at, 'b', LONG);
    ck_assert(read_bytes(text, at + LONG));
    expect_count(1);
    ck_assert_uint_gt(targets.requests[0].length, LONG);
    free(text);
}
END_TEST

START_TEST(a_hundred_thousand_targets_are_read_in_their_order)
{
    enum { MANY = 100000 };
    char *text = NULL;
    size_t length = 0;
    char name[32];
    FILE *out = open_memstream(&text, &length);
    for (int i = 0; i < MANY; i++) {
        fprintf(out, "GET http://127.0.0.%d/%d\n%s", i % 7, i, i % 3 ? "" : "X-A: b\n\n");
    }
    fclose(out);
    ck_assert(read_bytes(text, length));
    free(text);
    expect_count(MANY);
    ck_assert_uint_eq(targets.endpoint_count, 7);
    struct source source = source_of(targets.requests, targets.count);
    for (uint64_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "GET /%d", (int)i);
        ck_assert_str_eq(targets.list[i].name, name);
        ck_assert_uint_eq(targets.requests[i].endpoint, i % 7);
        ck_assert_ptr_eq(source.next(&source, 5 * UINT64_C(100000) + i), &targets.requests[i]);
    }
}
END_TEST

/* Row, name. */
static const struct {
    const char *text, *name;
} names[] = {
    {"# @name get-health\nGET http://a/health\n", "get-health"},
    {"#@name   get health  \n\n# c\nGET http://a/health\n", "get health"},
    {"# @name a\n# @name b\nGET http://a/health\n", "b"},
    {"# @names a\nGET http://a/health\n", "GET /health"},
    {"GET http://a/health?x=1#y\n", "GET /health"},
    {"GET http://a?x=1\n", "GET /"},
    {"PUT http://a\n", "PUT /"},
    {"GET http://a/\u00e9\n", "GET /%C3%A9"},
};

START_TEST(a_name_is_what_the_comment_says_else_method_and_path)
{
    char text[200];
    snprintf(text, sizeof text, "%s", names[_i].text);
    ck_assert_msg(read_bytes(text, strlen(text)), "%s", err.text);
    ck_assert_str_eq(targets.list[0].name, names[_i].name);
    ck_assert_str_eq(rows_name(&targets.rows, targets.list[0].row), names[_i].name);
}
END_TEST

START_TEST(a_name_is_for_one_target_and_equal_names_share_a_row)
{
    ck_assert(read_text("# @name x\nGET http://a/1\nGET http://a/2\n# @name x\nGET http://a/3\n"
                        "GET http://a/2?q\n"));
    static const char *const expected[] = {"x", "GET /2", "x", "GET /2"};
    static const uint8_t rows[] = {0, 1, 0, 1};
    expect_count(4);
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(targets.list[i].name, expected[i]);
        ck_assert_uint_eq(targets.list[i].row, rows[i]);
        ck_assert_uint_eq(targets.requests[i].row, rows[i]);
    }
    ck_assert_uint_eq(targets.rows.count, 2);
    uint64_t by_row[ROWS_ALL] = {0, 1000};
    targets_count_turns(&targets, 4 * 7 + 3, by_row); /* of the last turn the first three */
    ck_assert_uint_eq(by_row[0], 7 * 2 + 2);
    ck_assert_uint_eq(by_row[1], 1000 + 7 * 2 + 1);
}
END_TEST

START_TEST(after_64_names_the_rest_share_a_row)
{
    char text[8192];
    size_t used = 0;
    for (int i = 0; i < 100; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "GET http://a/%d\n", i);
    }
    ck_assert(read_bytes(text, used));
    expect_count(100);
    ck_assert_uint_eq(targets.list[63].row, 63);
    ck_assert_uint_eq(targets.requests[64].row, ROWS_OTHER);
    ck_assert_str_eq(targets.list[64].name, "GET /64");
    ck_assert_uint_eq(targets.rows.others, 36);
}
END_TEST

static size_t resident_bytes(void)
{
    char line[128];
    FILE *in = fopen("/proc/self/statm", "re");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
    fclose(in);
    return strtoul(strchr(line, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(a_hundred_thousand_targets_need_little_memory)
{
    enum { MANY = 100000 };
    FILE *in = tmpfile();
    for (int i = 0; i < MANY; i++) {
        fprintf(in, "GET http://127.0.0.1:5000/users_name/%d\n", i);
    }
    rewind(in);
    size_t before = resident_bytes();
    ck_assert(targets_read(&targets, in, "list.txt", &format_http, &defaults, &err));
    size_t grown = resident_bytes() - before;
    fclose(in);
    expect_count(MANY);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_msg(grown < 40 << 20, "%zu bytes", grown);
#else
    (void)grown;
#endif
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *targets_suite(void);
Suite *targets_suite(void)
{
    Suite *suite = suite_create("targets");
    TCase *tests = tcase_create("targets");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_bare_target_becomes_these_bytes);
    tcase_add_test(tests, vegetas_example_is_four_targets);
    tcase_add_loop_test(tests, targets_are_told_apart_by_vegetas_grammar, 0, COUNT(grammar));
    tcase_add_loop_test(tests, an_error_names_the_line_and_what_was_expected, 0, COUNT(refused));
    tcase_add_test(tests, a_nul_byte_is_refused);
    tcase_add_loop_test(tests, a_header_is_sent_trimmed_and_in_its_own_case, 0, COUNT(headers));
    tcase_add_test(tests, headers_of_the_command_line_come_first_and_none_is_replaced);
    tcase_add_test(tests, host_user_agent_and_connection_may_be_set_and_are_sent_once);
    tcase_add_test(tests, a_body_of_its_own_wins_over_the_common_one);
    tcase_add_loop_test(tests, the_method_says_what_may_be_sent_twice_and_what_has_a_length, 0,
                        COUNT(methods));
    tcase_add_test(tests, equal_hosts_and_ports_are_one_endpoint);
    tcase_add_test(tests, a_single_url_is_one_get);
    tcase_add_loop_test(tests, a_path_is_on_the_target_host, 0, COUNT(on_host));
    tcase_add_test(tests, each_way_to_read_targets_knows_the_target_host);
    tcase_add_test(tests, a_long_line_is_taken_whole);
    tcase_add_test(tests, a_hundred_thousand_targets_are_read_in_their_order);
    tcase_add_loop_test(tests, a_name_is_what_the_comment_says_else_method_and_path, 0,
                        COUNT(names));
    tcase_add_test(tests, a_name_is_for_one_target_and_equal_names_share_a_row);
    tcase_add_test(tests, after_64_names_the_rest_share_a_row);
    tcase_add_test(tests, a_hundred_thousand_targets_need_little_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
