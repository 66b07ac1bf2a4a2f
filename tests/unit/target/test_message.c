#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/version.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/parts.h"

static struct message_defaults defaults;
static struct bytes out;
static struct request request;
static struct err err;

static void setup(void)
{
    defaults = (struct message_defaults){.keepalive = true};
}

static void teardown(void)
{
    bytes_free(&out);
}

static void write_message(const char *method, const char *url, const char *headers,
                          const char *body)
{
    struct message message = {.method = method, .headers = {headers, strlen(headers)}};
    size_t begin = out.length;
    ck_assert(url_parse(url, &message.url, &err));
    if (body) {
        message.body = (struct slice){body, strlen(body)};
    }
    message_write(&out, &message, &defaults, &request);
    out.length = begin + request.length; /* the table of headers follows */
    bytes_add(&out, "", 1);
}

/* The rest of the message, behind the line of the User-Agent. */
static const char *rest(void)
{
    const char *agent = strstr(out.at, "User-Agent: headroom-loadgen/");
    ck_assert_ptr_nonnull(agent);
    return strchr(agent, '\n') + 1;
}

START_TEST(a_chunked_body_is_one_chunk)
{
    defaults.is_chunked = true;
    write_message("POST", "http://a/", "", "0123456789abcdef!");
    ck_assert_str_eq(rest(), "Transfer-Encoding: chunked\r\n\r\n"
                             "11\r\n0123456789abcdef!\r\n0\r\n\r\n");
    ck_assert_uint_eq(request.body_length, 17);
    ck_assert_uint_eq(request.length, strlen(out.at));
}
END_TEST

static const struct {
    const char *name, *value;
    enum field_kind kind;
} fields[] = {
    {"Host", "a", FIELD_HOST},
    {"User-Agent", NULL, FIELD_OTHER},
    {"X-Mine", "a b", FIELD_OTHER},
    {"Empty", "", FIELD_OTHER},
    {"TE", "gzip", FIELD_CONNECTION},
    {"te", "trailers", FIELD_OTHER},
    {"Upgrade", "x", FIELD_CONNECTION},
    {"X-Vegeta-Seq", "", FIELD_NUMBER},
    {"Connection", "close", FIELD_CONNECTION},
};

START_TEST(headers_stand_split_behind_the_message)
{
    struct message message = {
        .method = "GET",
        .headers = slice_of("X-Mine: a b\r\nEmpty: \r\nTE: gzip\r\nte: trailers\r\nUpgrade: x\r\n"),
    };
    size_t count = sizeof fields / sizeof fields[0];
    defaults.is_numbered = true;
    defaults.keepalive = false;
    ck_assert(url_parse("http://a/", &message.url, &err));
    bytes_add_text(&out, "before");
    message_write(&out, &message, &defaults, &request);
    request.bytes = out.at + strlen("before");
    struct parts parts;
    parts_of(&request, &parts);
    struct slice rest_of = parts.headers;
    ck_assert(request.layout.has_fields);
    ck_assert_uint_eq(parts.header_count, count);
    for (size_t i = 0; i < count; i++) {
        struct field field = parts_field(&request, i);
        struct field again = parts_next_field(&request, &rest_of);
        ck_assert_mem_eq(&field, &again, sizeof field);
        ck_assert(slice_equals((struct slice){request.bytes + field.name_at, field.name_length},
                               fields[i].name));
        ck_assert(!fields[i].value ||
                  slice_equals((struct slice){request.bytes + field.value_at, field.value_length},
                               fields[i].value));
        ck_assert_int_eq((int)field.kind, (int)fields[i].kind);
    }
    ck_assert_uint_eq(rest_of.length, 0);
}
END_TEST

START_TEST(without_a_body_there_are_no_chunks)
{
    defaults.is_chunked = true;
    write_message("GET", "http://a/", "", NULL);
    ck_assert_str_eq(rest(), "\r\n");
    bytes_clear(&out);
    write_message("POST", "http://a/", "", "");
    ck_assert_str_eq(rest(), "Content-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(the_common_body_goes_in_chunks_as_well)
{
    defaults.is_chunked = true;
    defaults.body = "abc";
    defaults.body_length = 3;
    write_message("PUT", "http://a/", "", NULL);
    ck_assert_str_eq(rest(), "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
}
END_TEST

START_TEST(the_number_has_its_place_behind_its_header)
{
    defaults.is_numbered = true;
    defaults.attack_name = "x";
    bytes_add(&out, "before", 6); /* offsets count from here */
    write_message("GET", "http://a/", "A: b\r\n", NULL);
    ck_assert_str_eq(rest(), "A: b\r\nX-Vegeta-Attack: x\r\nX-Vegeta-Seq: \r\n\r\n");
    static const char header[] = "X-Vegeta-Seq: ";
    const char *place = out.at + 6 + request.sequence_at;
    ck_assert_mem_eq(place - strlen(header), header, strlen(header));
    ck_assert_mem_eq(place, "\r\n", 2);
    ck_assert_uint_eq(request.length, out.length - 6 - 1);
}
END_TEST

START_TEST(without_a_number_there_is_no_place)
{
    request.sequence_at = 7;
    write_message("GET", "http://a/", "", NULL);
    ck_assert_uint_eq(request.sequence_at, 0);
    ck_assert_ptr_null(strstr(out.at, "Seq"));
    bytes_clear(&out);
    defaults.is_numbered = true; /* the target's own one stays what it is */
    write_message("GET", "http://a/", "x-vegeta-seq: 5\r\n", NULL);
    ck_assert_uint_eq(request.sequence_at, 0);
    ck_assert_str_eq(rest(), "x-vegeta-seq: 5\r\n\r\n");
}
END_TEST

/* A header whose name only begins like one of ours does not replace it. */
START_TEST(only_the_same_name_replaces_host)
{
    const char *const common[] = {"  hOsT : b  "};
    write_message("GET", "http://a/", "Hostess: c\r\nX: Host\r\n", NULL);
    ck_assert_ptr_nonnull(strstr(out.at, "\r\nHost: a\r\n"));
    bytes_clear(&out);
    defaults.headers = common;
    defaults.header_count = 1;
    write_message("GET", "http://a/", "", NULL);
    ck_assert_ptr_null(strstr(out.at, "Host: a"));
    ck_assert_str_eq(rest(), "hOsT: b\r\n\r\n");
}
END_TEST

START_TEST(headers_of_a_pair_may_be_empty_and_are_checked)
{
    ck_assert(message_add_pair(&out, "A", "", &err));
    ck_assert(message_add_pair(&out, "B", " c ", &err));
    bytes_add(&out, "", 1);
    ck_assert_str_eq(out.at, "A: \r\nB: c\r\n");
    static const char *const bad[][2] = {
        {"", "x"}, {"a b", "x"}, {"a:", "x"}, {"a", "x\r\nB: y"}, {" ", "x"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct err){.code = ERR_NONE};
        ck_assert_msg(!message_add_pair(&out, bad[i][0], bad[i][1], &err), "%s", bad[i][0]);
        ck_assert_int_eq(err.code, ERR_USAGE);
    }
}
END_TEST

/* As Go's client: the command line's come first, and the first one counts. */
static const struct {
    const char *common, *own, *sent; /* behind the request line */
} singles[] = {
    {"Host: flag", "Host: target\r\n", "U\r\nHost: flag\r\n"},
    {"host: flag", "HOST: target\r\n", "U\r\nhost: flag\r\n"},
    {NULL, "Host: b\r\nHost: c\r\n", "U\r\nHost: b\r\n"},
    {NULL, "Host: \r\n", "Host: a:81\r\nU\r\n"},
    {"Host:", "Host: target\r\n", "Host: a:81\r\nU\r\n"},
    {"User-Agent: flag", "user-agent: target\r\n", "Host: a:81\r\nUser-Agent: flag\r\n"},
    {NULL, "user-agent: b\r\nUser-Agent: c\r\n", "Host: a:81\r\nuser-agent: b\r\n"},
    {NULL, "User-Agent: \r\n", "Host: a:81\r\n"}, /* none is sent */
    {"User-Agent:", "User-Agent: target\r\n", "Host: a:81\r\n"},
    {"A: 1", "A: 2\r\nA: 2\r\nB: \r\n", "Host: a:81\r\nU\r\nA: 1\r\nA: 2\r\nA: 2\r\nB: \r\n"},
    {"content-length: 7", "A: 2\r\n", "Host: a:81\r\nU\r\nA: 2\r\n"},
};

START_TEST(host_and_user_agent_are_sent_once)
{
    char expected[400];
    char agent[64];
    const char *sent = singles[_i].sent;
    const char *place = strstr(sent, "U\r\n");
    snprintf(agent, sizeof agent, "User-Agent: headroom-loadgen/%s\r\n", version_number);
    bool has_preset = place && (place == sent || place[-1] == '\n');
    snprintf(expected, sizeof expected, "GET / HTTP/1.1\r\n%.*s%s%s\r\n",
             has_preset ? (int)(place - sent) : (int)strlen(sent), sent, has_preset ? agent : "",
             has_preset ? place + 3 : "");
    defaults.headers = &singles[_i].common;
    defaults.header_count = singles[_i].common != NULL;
    write_message("GET", "http://a:81/", singles[_i].own, NULL);
    ck_assert_str_eq(out.at, expected);
}
END_TEST

START_TEST(what_is_computed_from_the_body_is_passed_over)
{
    static const char *const names[] = {"Content-Length",    "content-length",    "CONTENT-LENGTH",
                                        "Transfer-Encoding", "transfer-encoding", "Trailer"};
    char line[64];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(line, sizeof line, " %s :\xc2\xa0 2 ", names[i]);
        ck_assert(message_check_header(line, &err) && message_is_computed(line));
        ck_assert(message_add_header(&out, line, &err));
        ck_assert(message_add_pair(&out, names[i], "chunked", &err));
    }
    ck_assert(!message_is_computed("Content-Length2: 2"));
    ck_assert(message_add_header(&out, "Content-Lengths: 2", &err));
    ck_assert_uint_eq(out.length, strlen("Content-Lengths: 2\r\n"));
}
END_TEST

START_TEST(white_space_of_unicode_is_no_part_of_a_header)
{
    ck_assert(message_add_header(&out,
                                 "\xef\xbb\xbfX-A\xc2\xa0:\xe2\x80\xaf"
                                 "b c\xc2\xa0\r",
                                 &err));
    ck_assert(message_add_pair(&out, "X-B\xc2\xa0",
                               "\xc2\xa0"
                               "b\r",
                               &err));
    ck_assert(message_add_header(&out, "X-C: caf\xe9", &err)); /* no UTF-8, and not touched */
    bytes_add(&out, "", 1);
    ck_assert_str_eq(out.at, "X-A: b c\r\nX-B: b\r\nX-C: caf\xe9\r\n");
}
END_TEST

START_TEST(what_was_written_before_stays)
{
    write_message("GET", "http://a/", "", NULL);
    size_t length = out.length;
    for (int i = 0; i < 1000; i++) {
        write_message("POST", "http://a/", "", "body");
    }
    ck_assert_uint_eq(out.length, length + 1000 * (request.length + 1));
    ck_assert_mem_eq(out.at, "GET / HTTP/1.1\r\nHost: a\r\n", 25);
    ck_assert(!out.has_failed);
}
END_TEST

START_TEST(too_much_is_noticed_and_the_rest_stays)
{
    bytes_add(&out, "abc", 3);
    ck_assert_ptr_null(bytes_reserve(&out, SIZE_MAX / 2));
    ck_assert(out.has_failed);
    ck_assert_mem_eq(out.at, "abc", 3);
    bytes_clear(&out);
    ck_assert(!out.has_failed);
}
END_TEST

Suite *message_suite(void);
Suite *message_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *tests = tcase_create("message");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_chunked_body_is_one_chunk);
    tcase_add_test(tests, headers_stand_split_behind_the_message);
    tcase_add_test(tests, without_a_body_there_are_no_chunks);
    tcase_add_test(tests, the_common_body_goes_in_chunks_as_well);
    tcase_add_test(tests, the_number_has_its_place_behind_its_header);
    tcase_add_test(tests, without_a_number_there_is_no_place);
    tcase_add_test(tests, only_the_same_name_replaces_host);
    tcase_add_test(tests, headers_of_a_pair_may_be_empty_and_are_checked);
    tcase_add_loop_test(tests, host_and_user_agent_are_sent_once, 0,
                        sizeof singles / sizeof singles[0]);
    tcase_add_test(tests, what_is_computed_from_the_body_is_passed_over);
    tcase_add_test(tests, white_space_of_unicode_is_no_part_of_a_header);
    tcase_add_test(tests, what_was_written_before_stays);
    tcase_add_test(tests, too_much_is_noticed_and_the_rest_stays);
    suite_add_tcase(suite, tests);
    return suite;
}
