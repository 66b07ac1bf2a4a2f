#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/version.h"
#include "loadgen/target/message.h"

static struct message_defaults defaults;
static struct bytes out;
static struct request request;
static struct err err;

static void setup(void)
{
    defaults = (struct message_defaults){.attack_name = "", .keepalive = true};
}

static void teardown(void)
{
    bytes_free(&out);
}

static void write_message(const char *method, const char *url, const char *headers,
                          const char *body)
{
    struct message message = {.method = method, .headers = {headers, strlen(headers)}};
    ck_assert(url_parse(url, &message.url, &err));
    if (body) {
        message.body = (struct slice){body, strlen(body)};
    }
    message_write(&out, &message, &defaults, &request);
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
        {"", "x"}, {"a b", "x"}, {"a:", "x"}, {"a", "x\r\nB: y"}, {"content-length", "3"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct err){.code = ERR_NONE};
        ck_assert_msg(!message_add_pair(&out, bad[i][0], bad[i][1], &err), "%s", bad[i][0]);
        ck_assert_int_eq(err.code, ERR_USAGE);
    }
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
    tcase_add_test(tests, without_a_body_there_are_no_chunks);
    tcase_add_test(tests, the_common_body_goes_in_chunks_as_well);
    tcase_add_test(tests, the_number_has_its_place_behind_its_header);
    tcase_add_test(tests, without_a_number_there_is_no_place);
    tcase_add_test(tests, only_the_same_name_replaces_host);
    tcase_add_test(tests, headers_of_a_pair_may_be_empty_and_are_checked);
    tcase_add_test(tests, what_was_written_before_stays);
    tcase_add_test(tests, too_much_is_noticed_and_the_rest_stays);
    suite_add_tcase(suite, tests);
    return suite;
}
