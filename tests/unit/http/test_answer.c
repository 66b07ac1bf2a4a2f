/* Not under tsan: one thread. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/answer/answer.h"

enum { GET = 0, HEAD = 1 };
enum { CLOSES = 0, KEEPS = 1 };

#define OK "HTTP/1.1 200 OK\r\n"
#define NEXT "HTTP/1.1 200 OK\r\n" /* surplus: what the peer sent before it was asked */

/* Answers that end by themselves: the bytes behind `used` are not theirs. */
static const struct {
    const char *bytes, *surplus;
    int is_head;
    uint16_t code;
    uint64_t body_bytes;
    int keeps_alive;
    const char *reason;
} complete[] = {
    {OK "Content-Length: 5\r\n\r\nhello", "", GET, 200, 5, KEEPS, ""},
    {OK "Content-Length: 5\r\n\r\nhello", "x", GET, 200, 5, KEEPS, ""},
    {OK "Content-Length: 5\r\n\r\nhello", NEXT, GET, 200, 5, KEEPS, ""},
    {OK "Content-Length: 0\r\n\r\n", NEXT, GET, 200, 0, KEEPS, ""},
    {OK "content-length:5\r\nServer: x\r\n\r\n\r\n\r\n!", "\r\n", GET, 200, 5, KEEPS, ""},
    {OK "Content-Length: 5\r\nConnection: close\r\n\r\nhello", "", GET, 200, 5, CLOSES, ""},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "", GET, 200, 2, CLOSES, ""},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", "x", GET, 200, 2,
     KEEPS, ""},
    /* chunked, with extensions and trailers */
    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", NEXT, GET, 200, 5, KEEPS, ""},
    {OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "x", GET, 200, 0, KEEPS, ""},
    {OK "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n"
        "X-U: 2\r\n\r\n",
     NEXT, GET, 200, 13, KEEPS, ""},
    {OK "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\n\r\n", "", GET, 200,
     1, CLOSES, ""},
    /* no body, whatever the headers say */
    {"HTTP/1.1 204 No Content\r\n\r\n", NEXT, GET, 204, 0, KEEPS, ""},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "", GET, 204, 0, KEEPS, ""},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", NEXT, GET, 204, 0, KEEPS, ""},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", NEXT, GET, 304, 0, KEEPS, ""},
    {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", NEXT, GET, 304, 0, KEEPS,
     ""},
    {OK "Content-Length: 500\r\n\r\n", NEXT, HEAD, 200, 0, KEEPS, ""},
    {OK "Transfer-Encoding: chunked\r\n\r\n", NEXT, HEAD, 200, 0, KEEPS, ""},
    {OK "\r\n", NEXT, HEAD, 200, 0, KEEPS, ""},
    {OK "Connection: close\r\n\r\n", "", HEAD, 200, 0, CLOSES, ""},
    /* interim answers come first, and have no body whatever they say */
    {"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi", NEXT,
     GET, 200, 2, KEEPS, ""},
    {"HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi",
     NEXT, GET, 200, 2, KEEPS, ""},
    {"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi", NEXT, GET, 200, 2, KEEPS,
     ""},
    {"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK
     "Content-Length: 2\r\n\r\nhi",
     "", GET, 200, 2, KEEPS, ""},
    {"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 500\r\n\r\n", "x", HEAD, 200, 0, KEEPS,
     ""},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Gone Fishing\r\nContent-Length: 1\r\n\r\na", "",
     GET, 404, 1, KEEPS, "Gone Fishing"},
    /* an offer to upgrade in another answer is none of ours */
    {OK "Upgrade: h2c\r\nConnection: Upgrade, Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", "x", GET,
     200, 2, KEEPS, ""},
    /* status texts are kept from 400 */
    {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "", GET, 302, 0, KEEPS, ""},
    {"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "", GET, 400, 0, KEEPS,
     "Bad Request"},
    {"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n", "", GET, 500, 0, KEEPS, ""},
    {"HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n", "", GET, 500, 0, KEEPS, ""},
    {"HTTP/1.1 599 0123456789 0123456789\r\nContent-Length: 0\r\n\r\n", "", GET, 599, 0, KEEPS,
     "0123456789 0123"},
};

/* Answers whose only end is the peer's. */
static const struct {
    const char *bytes;
    uint16_t code;
    uint64_t body_bytes;
} until_close[] = {
    {OK "\r\n", 200, 0},
    {OK "\r\nHTTP/1.1 200 OK\r\n\r\n", 200, 19},
    {OK "Connection: keep-alive\r\n\r\nhello", 200, 5},
    {"HTTP/1.0 404 Not Found\r\n\r\nhello", 404, 5},
    {"HTTP/1.1 100 Continue\r\n\r\n" OK "\r\nhello", 200, 5},
};

static const char *const broken[] = {
    "garbage",
    "\x16\x03\x01\x02",
    "220 mail ESMTP\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "HTTP/1.1 abc OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/9 200 OK\r\n\r\n",
    OK "no colon\r\n\r\n",
    OK "Content-Length: x\r\n\r\n",
    OK "Content-Length: -1\r\n\r\n",
    OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    OK "Content-Length: 99999999999999999999\r\n\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\nx\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
};

/* What is complete only when more has come. */
static const char *const unfinished[] = {
    "",
    "H",
    "HTTP/1.1 200",
    OK "Content-Length: 5\r\n",
    OK "Content-Length: 5\r\n\r\nhell",
    OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 20",
};

static struct answer answer;
static char reason[16]; /* small, so that texts are cut */

/* Feeds pieces of `piece` bytes, each in memory of its own; counts what was used. */
static enum answer_state feed(const char *bytes, size_t length, size_t piece, size_t *used)
{
    enum answer_state state = ANSWER_MORE;
    *used = 0;
    for (size_t at = 0; at < length && state == ANSWER_MORE; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        size_t of_piece = SIZE_MAX;
        char *exact = malloc(n);
        memcpy(exact, bytes + at, n);
        state = answer_feed(&answer, exact, n, &of_piece);
        free(exact);
        ck_assert_uint_le(of_piece, n);
        *used += of_piece;
        if (state == ANSWER_MORE) {
            ck_assert_uint_eq(of_piece, n);
        }
    }
    return state;
}

START_TEST(an_answer_ends_where_its_headers_say)
{
    char bytes[400];
    size_t used = 0;
    size_t own = strlen(complete[_i].bytes);
    snprintf(bytes, sizeof bytes, "%s%s", complete[_i].bytes, complete[_i].surplus);
    for (size_t piece = 1; piece <= strlen(bytes); piece++) { /* the last one is all at once */
        answer_begin(&answer, complete[_i].is_head == HEAD, reason, sizeof reason, NULL);
        ck_assert_int_eq(feed(bytes, strlen(bytes), piece, &used), ANSWER_COMPLETE);
        ck_assert_msg(used == own, "pieces of %zu: %zu of %zu bytes used", piece, used, own);
        ck_assert_uint_eq(answer_code(&answer), complete[_i].code);
        ck_assert_uint_eq(answer.body_bytes, complete[_i].body_bytes);
        ck_assert_int_eq(answer_keeps_alive(&answer), complete[_i].keeps_alive);
        ck_assert_str_eq(reason, complete[_i].reason);
    }
}
END_TEST

START_TEST(an_answer_without_a_length_ends_with_the_connection)
{
    size_t used = 0;
    size_t length = strlen(until_close[_i].bytes);
    for (size_t piece = 1; piece <= length; piece++) {
        answer_begin(&answer, false, reason, sizeof reason, NULL);
        ck_assert_int_eq(feed(until_close[_i].bytes, length, piece, &used), ANSWER_MORE);
        ck_assert_int_eq(answer_finish(&answer), ANSWER_COMPLETE);
        ck_assert_uint_eq(answer_code(&answer), until_close[_i].code);
        ck_assert_uint_eq(answer.body_bytes, until_close[_i].body_bytes);
        ck_assert(!answer_keeps_alive(&answer));
    }
}
END_TEST

START_TEST(what_is_no_answer_is_broken_and_the_problem_has_a_text)
{
    size_t used = 0;
    size_t length = strlen(broken[_i]);
    for (size_t piece = 1; piece <= length; piece++) {
        answer_begin(&answer, false, reason, sizeof reason, NULL);
        ck_assert_msg(feed(broken[_i], length, piece, &used) == ANSWER_BROKEN, "pieces of %zu",
                      piece);
        ck_assert_uint_gt(strlen(answer_problem(&answer)), 0);
    }
}
END_TEST

START_TEST(headers_and_body_are_kept_for_who_wants_them)
{
    static const char bytes[] =
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nA:1\r\nb:  two \r\nTransfer-Encoding: chunked\r\n"
        "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: no\r\n\r\n";
    static const char headers[] = "A: 1\r\nb: two\r\nTransfer-Encoding: chunked\r\n";
    struct capture capture = {0};
    size_t used = 0;
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        capture_begin(&capture, 4);
        answer_begin(&answer, false, reason, sizeof reason, &capture);
        ck_assert_int_eq(feed(bytes, strlen(bytes), piece, &used), ANSWER_COMPLETE);
        ck_assert_uint_eq(answer.body_bytes, 5);
        ck_assert_uint_eq(capture.body.length, 4);
        ck_assert_mem_eq(capture.body.bytes, "abcd", 4);
        ck_assert_msg(capture.headers.length == strlen(headers) &&
                          memcmp(capture.headers.bytes, headers, strlen(headers)) == 0,
                      "pieces of %zu: \"%.*s\"", piece, (int)capture.headers.length,
                      capture.headers.bytes);
    }
    capture_fini(&capture);
}
END_TEST

START_TEST(an_upgrade_is_called_by_its_name)
{
    size_t used = 0;
    answer_begin(&answer, false, reason, sizeof reason, NULL);
    feed("HTTP/1.1 101 Up\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nPRI *", 60, 60, &used);
    ck_assert_str_eq(answer_problem(&answer), "unrequested protocol switch (101)");
}
END_TEST

START_TEST(an_answer_that_the_peer_cuts_off_is_broken)
{
    size_t used = 0;
    size_t length = strlen(unfinished[_i]);
    for (size_t piece = 1; piece <= length + 1; piece++) {
        answer_begin(&answer, false, reason, sizeof reason, NULL);
        ck_assert_int_eq(feed(unfinished[_i], length, piece, &used), ANSWER_MORE);
        ck_assert_int_eq(answer_finish(&answer), ANSWER_BROKEN);
    }
}
END_TEST

START_TEST(one_struct_reads_one_answer_after_the_other)
{
    size_t used = 0;
    const char *bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc";
    const char *second = "HTTP/1.0 200 OK\r\n\r\nx";
    for (int i = 0; i < 3; i++) {
        answer_begin(&answer, false, reason, sizeof reason, NULL);
        ck_assert_int_eq(feed(bytes, strlen(bytes), 100, &used), ANSWER_COMPLETE);
        ck_assert_uint_eq(answer.body_bytes, 3);
        ck_assert_str_eq(reason, "Not Found");
        ck_assert(answer_keeps_alive(&answer));
        answer_begin(&answer, false, reason, sizeof reason, NULL);
        ck_assert_str_eq(reason, "");
        ck_assert_int_eq(feed(second, strlen(second), 100, &used), ANSWER_MORE);
        ck_assert_int_eq(answer_finish(&answer), ANSWER_COMPLETE);
        ck_assert_uint_eq(answer.body_bytes, 1);
        answer_begin(&answer, false, reason, sizeof reason, NULL);
        feed("garbage", 7, 7, &used);
    }
}
END_TEST

static const struct {
    const char *bytes, *location;
} locations[] = {
    {"HTTP/1.1 302 Found\r\nLocation:  /a \t\r\nContent-Length: 0\r\n\r\n", "/a"},
    {"HTTP/1.1 302 Found\r\nLocation: /a?b=c\r\nContent-Length: 0\r\n\r\n", "/a?b=c"},
    {"HTTP/1.1 301 X\r\nServer: s\r\nlOCATION:http://b/\r\nContent-Length: 1\r\n\r\na",
     "http://b/"},
    {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", ""},
    {"HTTP/1.1 302 Found\r\nLocation: \r\nContent-Length: 0\r\n\r\n", ""},
    {"HTTP/1.1 302 X\r\nX-Location: /a\r\nLocations: /b\r\nLocatio: /c\r\nContent-Length: "
     "0\r\n\r\n",
     ""},
    {"HTTP/1.1 302 X\r\nLocation: /a\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", "/a"},
    {OK "Location: /a\r\nContent-Length: 0\r\n\r\n", ""},
};

START_TEST(the_location_of_a_redirect_is_kept)
{
    size_t used = 0;
    size_t length = strlen(locations[_i].bytes);
    for (size_t piece = 1; piece <= length; piece++) {
        answer_begin(&answer, false, reason, sizeof reason, NULL);
        ck_assert_int_eq(feed(locations[_i].bytes, length, piece, &used), ANSWER_COMPLETE);
        ck_assert_str_eq(answer_location(&answer), locations[_i].location);
    }
    answer_fini(&answer);
}
END_TEST

/* One byte more than a redirect takes, so that it says so. */
START_TEST(a_location_that_is_too_long_is_cut)
{
    char bytes[ANSWER_LOCATION_MAX + 100];
    for (int over = 0; over < 2; over++) {
        int length = snprintf(bytes, sizeof bytes,
                              "HTTP/1.1 302 X\r\nLocation: %0*d\r\nContent-Length: 0\r\n\r\n",
                              ANSWER_LOCATION_MAX - 1 + over, 0);
        for (size_t piece = 1; piece < 10000; piece *= 3) {
            size_t used = 0;
            answer_begin(&answer, false, reason, sizeof reason, NULL);
            ck_assert_int_eq(feed(bytes, (size_t)length, piece, &used), ANSWER_COMPLETE);
            ck_assert_uint_eq(strlen(answer_location(&answer)), ANSWER_LOCATION_MAX - 1);
        }
    }
    answer_fini(&answer);
}
END_TEST

START_TEST(a_body_of_many_gigabytes_is_counted)
{
    enum { PIECE = 1 << 20 };
    char *piece = calloc(1, PIECE);
    size_t used = 0;
    const char *head = OK "Content-Length: 6442450945\r\n\r\n"; /* 6 GiB and 1 */
    answer_begin(&answer, false, reason, sizeof reason, NULL);
    ck_assert_int_eq(feed(head, strlen(head), 100, &used), ANSWER_MORE);
    for (int i = 0; i < 6 * 1024; i++) {
        ck_assert_int_eq(answer_feed(&answer, piece, PIECE, &used), ANSWER_MORE);
    }
    ck_assert_int_eq(answer_feed(&answer, piece, 2, &used), ANSWER_COMPLETE);
    ck_assert_uint_eq(used, 1);
    ck_assert_uint_eq(answer.body_bytes, UINT64_C(6442450945));
    free(piece);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *answer_suite(void);
Suite *answer_suite(void)
{
    Suite *suite = suite_create("answer");
    TCase *tests = tcase_create("answer");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, an_answer_ends_where_its_headers_say, 0, COUNT(complete));
    tcase_add_loop_test(tests, an_answer_without_a_length_ends_with_the_connection, 0,
                        COUNT(until_close));
    tcase_add_loop_test(tests, what_is_no_answer_is_broken_and_the_problem_has_a_text, 0,
                        COUNT(broken));
    tcase_add_test(tests, headers_and_body_are_kept_for_who_wants_them);
    tcase_add_test(tests, an_upgrade_is_called_by_its_name);
    tcase_add_loop_test(tests, an_answer_that_the_peer_cuts_off_is_broken, 0, COUNT(unfinished));
    tcase_add_test(tests, one_struct_reads_one_answer_after_the_other);
    tcase_add_loop_test(tests, the_location_of_a_redirect_is_kept, 0, COUNT(locations));
    tcase_add_test(tests, a_location_that_is_too_long_is_cut);
    tcase_add_test(tests, a_body_of_many_gigabytes_is_counted);
    suite_add_tcase(suite, tests);
    return suite;
}
