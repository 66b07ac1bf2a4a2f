/*
 * Answers that break RFC 9112: which are taken, and counted as what, and which are refused, and
 * why. curl 7.88 and hey were asked about each (docs/measurement.md).
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/answer/answer.h"

enum { CLOSES = 0, KEEPS = 1 };

#define OK "HTTP/1.1 200 OK\r\n"
#define FIVE "Content-Length: 5\r\n"
#define HELLO "\r\nhello"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define END "0\r\n\r\n"
#define BIT(name) VIOLATION_BIT(name)

/* A literal with its length, because some have a NUL. */
#define BYTES(text) text, sizeof(text) - 1

/* All of these have a body of five bytes, or none when they say 204. */
static const struct {
    const char *bytes;
    size_t length;
    unsigned violations;
    int keeps_alive;
} taken[] = {
    {BYTES(OK FIVE HELLO), 0, KEEPS},
    /* the status line */
    {BYTES("HTTP/1.1 200 \r\n" FIVE HELLO), 0, KEEPS},
    {BYTES("HTTP/1.1 200\r\n" FIVE HELLO), BIT(status_line), KEEPS},
    {BYTES("HTTP/1.1 200\n" FIVE HELLO), BIT(status_line) | BIT(line_feed), KEEPS},
    {BYTES("HTTP/1.1  200 OK\r\n" FIVE HELLO), BIT(status_line), KEEPS},
    {BYTES("HTTP/1.1 200  OK\r\n" FIVE HELLO), 0, KEEPS},
    {BYTES("HTTP/1.1 200\tOK\r\n" FIVE HELLO), BIT(status_line), KEEPS},
    {BYTES("HTTP/1.1 200OK\r\n" FIVE HELLO), BIT(status_line), KEEPS},
    {BYTES("HTTP/1.1 200 O\x01K\r\n" FIVE HELLO), BIT(status_line), KEEPS},
    {BYTES("HTTP/1.1 200 O\rK\r\n" FIVE HELLO), BIT(status_line), KEEPS},
    {BYTES("HTTP/1.1 200 \xc3\xa4\xff\r\n" FIVE HELLO), 0, KEEPS},
    {BYTES("http/1.1 200 OK\r\n" FIVE HELLO), BIT(status_line), CLOSES},
    {BYTES("HTTP/2 200 OK\r\n" FIVE HELLO), BIT(status_line), CLOSES},
    {BYTES("HTTP/2.0 200 OK\r\n" FIVE HELLO), BIT(status_line), CLOSES},
    /* LF */
    {BYTES("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"), BIT(line_feed), KEEPS},
    {BYTES("HTTP/1.1 200 OK\n" FIVE HELLO), BIT(line_feed), KEEPS},
    {BYTES(OK "X-A: b\n" FIVE HELLO), BIT(line_feed), KEEPS},
    {BYTES(OK FIVE "\nhello"), BIT(line_feed), KEEPS},
    {BYTES("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n" END), BIT(line_feed),
     KEEPS},
    {BYTES("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n"), BIT(line_feed),
     CLOSES},
    {BYTES(CHUNKED "5\nhello\r\n" END), BIT(line_feed), CLOSES},
    {BYTES(CHUNKED "5\r\nhello\n" END), BIT(line_feed), CLOSES},
    {BYTES(CHUNKED "5\r\nhello\r\n0\n\r\n"), BIT(line_feed), CLOSES},
    {BYTES(CHUNKED "5\r\nhello\r\n0\r\n\n"), BIT(line_feed), CLOSES},
    {BYTES(CHUNKED "5\r\nhello\r\n0\r\nX: y\n\r\n"), BIT(line_feed), CLOSES},
    {BYTES("HTTP/1.1 100 Continue\n\n" OK FIVE HELLO), BIT(line_feed), KEEPS},
    {BYTES("HTTP/1.1 200 OK\r\r\nContent-Length: 5\r\r\n\r\nhello"),
     BIT(status_line) | BIT(header_value), KEEPS},
    /* length */
    {BYTES(OK FIVE "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" END), BIT(length_and_chunked),
     CLOSES},
    {BYTES(OK "Transfer-Encoding: chunked\r\n" FIVE "\r\n5\r\nhello\r\n" END),
     BIT(length_and_chunked), CLOSES},
    {BYTES(OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n5\r\nhello\r\n" END),
     BIT(length_and_chunked), CLOSES},
    {BYTES(OK FIVE FIVE HELLO), BIT(repeated_length), KEEPS},
    {BYTES(OK FIVE FIVE FIVE HELLO), BIT(repeated_length), KEEPS},
    {BYTES(OK "Content-Length: 5, 5\r\n" HELLO), BIT(repeated_length), KEEPS},
    {BYTES(OK "Content-Length: 5,5\r\n" HELLO), BIT(repeated_length), KEEPS},
    {BYTES(OK FIVE "Content-Length: 05\r\n" HELLO), BIT(repeated_length), KEEPS},
    {BYTES(OK "Content-Length:\t005  \r\n" HELLO), 0, KEEPS},
    {BYTES(OK "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n" END), BIT(transfer_coding),
     KEEPS},
    {BYTES(OK
           "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" END),
     BIT(transfer_coding), KEEPS},
    {BYTES(OK "Transfer-Encoding: ,\tCHUNKED , \r\n\r\n5\r\nhello\r\n" END), 0, KEEPS},
    {BYTES("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
           "5\r\nhello\r\n" END),
     BIT(chunked_in_1_0), CLOSES},
    {BYTES("HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n"), BIT(length_without_body), KEEPS},
    {BYTES("HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n"), BIT(length_without_body),
     KEEPS},
    {BYTES("HTTP/1.1 100 X\r\nContent-Length: 9\r\n\r\n" OK FIVE HELLO), BIT(length_without_body),
     KEEPS},
    /* chunks */
    {BYTES(CHUNKED "5 \r\nhello\r\n" END), BIT(chunk_size), KEEPS},
    {BYTES(CHUNKED "5\t  \r\nhello\r\n0 \r\n\r\n"), BIT(chunk_size), KEEPS},
    {BYTES(CHUNKED "5;a=b\r\nhello\r\n0;c\r\n\r\n"), 0, KEEPS},
    {BYTES(CHUNKED "5;a=\"b c\";d\r\nhello\r\n" END), 0, KEEPS},
    {BYTES(CHUNKED "5; a=b\r\nhello\r\n" END), BIT(chunk_size), KEEPS},
    {BYTES(CHUNKED "5 ;a=b\r\nhello\r\n" END), BIT(chunk_size), KEEPS},
    {BYTES(CHUNKED "5;a\x01\xff\r\nhello\r\n" END), BIT(chunk_size), KEEPS},
    {BYTES(CHUNKED "5\r\r\nhello\r\n" END), BIT(chunk_size), KEEPS},
    {BYTES(CHUNKED "0000000000000005\r\nhello\r\n000\r\n\r\n"), 0, KEEPS},
    {BYTES(CHUNKED "5\r\nhello\r\n0\r\nContent-Length: 7\r\nX: y\r\n z\r\n\r\n"),
     BIT(folded_header), KEEPS},
    {BYTES(CHUNKED "5\r\nhello\r\n0\r\nX y: \x01\r\n\r\n"), BIT(header_name) | BIT(header_value),
     KEEPS},
    /* names and values */
    {BYTES(OK "X A: b\r\n" FIVE HELLO), BIT(header_name), KEEPS},
    {BYTES(OK "X\x01\xe4(/)A: b\r\n" FIVE HELLO), BIT(header_name), KEEPS},
    {BYTES(OK "Content Length: 7\r\n" FIVE HELLO), BIT(header_name), KEEPS},
    {BYTES(OK ": b\r\n" FIVE HELLO), BIT(header_name), KEEPS},
    {BYTES(OK "X-A : b\r\nX-B\t \t: c\r\n" FIVE HELLO), BIT(space_before_colon), KEEPS},
    {BYTES(OK "Connection : close\r\n" FIVE HELLO), BIT(space_before_colon), CLOSES},
    {BYTES(OK "X-A: a\x01\x7f\x1b[0m\r\n" FIVE HELLO), BIT(header_value), KEEPS},
    {BYTES(OK "X-A: a\rb\r\n" FIVE HELLO), BIT(header_value), KEEPS},
    {BYTES(OK "X-A: \xe4\xff\r\nX-B:\r\n" FIVE HELLO), 0, KEEPS},
    {BYTES(OK "X-A: b\r\n c\r\n\td\r\n" FIVE HELLO), BIT(folded_header), KEEPS},
    {BYTES(OK "X-A: b\r\n Content-Length: 7\r\n \r\n" FIVE HELLO), BIT(folded_header), KEEPS},
    {BYTES(OK "Connection: x,\r\n close\r\n" FIVE HELLO), BIT(folded_header), CLOSES},
};

/* What two readers could understand differently, or none takes. */
static const struct {
    const char *bytes;
    size_t length;
    const char *problem;
} refused[] = {
    {BYTES("\r\n" OK FIVE HELLO), "a blank line instead of the status line"},
    {BYTES("HTTP/1.1 100 X\r\n\r\n\n" OK FIVE HELLO), "a blank line instead"},
    {BYTES(" " OK FIVE HELLO), "no status line"},
    {BYTES("ICY 200 OK\r\n"), "no status line"},
    {BYTES("HTTP\\1.1 200 OK\r\n"), "no status line"},
    {BYTES("HTTP/1.2 200 OK\r\n"), "unknown HTTP version"},
    {BYTES("HTTP/0.9 200 OK\r\n"), "unknown HTTP version"},
    {BYTES("HTTP/1.10 200 OK\r\n"), "unknown HTTP version"},
    {BYTES("HTTP/3 200 OK\r\n"), "unknown HTTP version"},
    {BYTES("HTTP/1.1\t200 OK\r\n"), "unknown HTTP version"},
    {BYTES("HTTP/1.1 20 OK\r\n"), "the status is not a three-digit number"},
    {BYTES("HTTP/1.1 2000 OK\r\n"), "the status is not a three-digit number"},
    {BYTES("HTTP/1.1 -20 OK\r\n"), "the status is not a three-digit number"},
    {BYTES("HTTP/1.1 099 OK\r\n"), "a status below 100"},
    {BYTES("HTTP/1.1 200 O\0K\r\n"), "a NUL byte in the head"},
    {BYTES(OK "X\0A: b\r\n"), "a NUL byte in the head"},
    {BYTES(OK "X-A: b\0\r\n"), "a NUL byte in the head"},
    {BYTES(OK "X\rA: b\r\n"), "a header without a colon"},
    {BYTES(OK "garbage\n"), "a header without a colon"},
    {BYTES(CHUNKED "5\r\nhello\r\n0\r\nXy\r\n\r\n"), "a header without a colon"},
    {BYTES(OK " X-A: b\r\n"), "white space before the first header"},
    {BYTES(OK FIVE "\r\r\nhello"), "bare CR"},
    {BYTES(OK FIVE "Content-Length: 6\r\n" HELLO), "conflicting Content-Length values"},
    {BYTES(OK "Content-Length: 5, 6\r\n" HELLO), "conflicting Content-Length values"},
    {BYTES(OK FIVE "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n"),
     "conflicting Content-Length values"},
    {BYTES(OK "Content-Length: +5\r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: -1\r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: 0x5\r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: 5 5\r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: 5;\r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: 5,\r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: \r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: 5\r6\r\n" HELLO), "Content-Length is not a number"},
    {BYTES(OK "Content-Length: 9223372036854775808\r\n" HELLO), "Content-Length is too large"},
    {BYTES(OK "Content-Length:\r\n 5\r\n" HELLO), "is folded"},
    {BYTES(OK "Transfer-Encoding: chunked\r\n ,gzip\r\n\r\n"), "is folded"},
    {BYTES(OK "Content-Length \t: 5\r\n" HELLO), "white space before the colon"},
    {BYTES(OK "Transfer-Encoding : chunked\r\n" FIVE HELLO), "white space before the colon"},
    {BYTES(OK "Transfer-Encoding: identity\r\n" FIVE HELLO),
     "chunked is not the last transfer coding"},
    {BYTES(OK "Transfer-Encoding:\r\n" FIVE HELLO), "chunked is not the last transfer coding"},
    {BYTES(OK "Transfer-Encoding: gzip\r\n" HELLO), "chunked is not the last transfer coding"},
    {BYTES(OK "Transfer-Encoding: chunked, gzip\r\n\r\n"),
     "chunked is not the last transfer coding"},
    {BYTES(OK "Transfer-Encoding: chunked, chunked\r\n\r\n"), "or is repeated"},
    {BYTES(OK "Transfer-Encoding: xchunked\r\n\r\n"), "unknown Transfer-Encoding"},
    {BYTES(OK "Transfer-Encoding: chunked;q=1\r\n\r\n"), "unknown Transfer-Encoding"},
    {BYTES(OK "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n"),
     "unknown Transfer-Encoding"},
    {BYTES("HTTP/1.0 200 OK\r\n" FIVE "Transfer-Encoding: chunked\r\n\r\n"),
     "Content-Length and Transfer-Encoding in HTTP/1.0"},
    {BYTES(CHUNKED " 5\r\nhello\r\n"), "a chunk has no size"},
    {BYTES(CHUNKED "-5\r\nhello\r\n"), "a chunk has no size"},
    {BYTES(CHUNKED "\r\n5\r\nhello\r\n"), "a chunk has no size"},
    {BYTES(CHUNKED "0x5\r\nhello\r\n"), "is not a hexadecimal number"},
    {BYTES(CHUNKED "5 5\r\nhello\r\n"), "is not a hexadecimal number"},
    {BYTES(CHUNKED "5,a\r\nhello\r\n"), "is not a hexadecimal number"},
    {BYTES(CHUNKED "00000000000000005\r\n"), "a chunk size is too large"},
    {BYTES(CHUNKED "8000000000000000\r\n"), "a chunk size is too large"},
    {BYTES(CHUNKED "5\rhello\r\n"), "bare CR after a chunk size"},
    {BYTES(CHUNKED "5;a\rb\r\nhello\r\n"), "bare CR after a chunk size"},
    {BYTES(CHUNKED "5\r\nhello" END), "a chunk is longer than its declared size"},
    {BYTES(CHUNKED "5\r\nhello\r\r\n"), "a chunk is longer than its declared size"},
};

static struct answer answer;
static char reason[16];

/* Feeds pieces of `piece` bytes, each in memory of its own; counts what was used. */
static enum answer_state feed(const char *bytes, size_t length, size_t piece, size_t *used)
{
    enum answer_state state = ANSWER_MORE;
    *used = 0;
    answer_begin(&answer, false, reason, sizeof reason, NULL);
    for (size_t at = 0; at < length && state == ANSWER_MORE; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        size_t of_piece = 0;
        char *exact = malloc(n);
        memcpy(exact, bytes + at, n);
        state = answer_feed(&answer, exact, n, &of_piece);
        free(exact);
        *used += of_piece;
    }
    return state;
}

START_TEST(what_curl_or_go_takes_is_taken_and_noted)
{
    size_t used = 0;
    for (size_t piece = 1; piece <= taken[_i].length; piece++) {
        enum answer_state state = feed(taken[_i].bytes, taken[_i].length, piece, &used);
        ck_assert_msg(state == ANSWER_COMPLETE, "pieces of %zu: %s", piece,
                      answer_problem(&answer));
        ck_assert_uint_eq(used, taken[_i].length);
        ck_assert_uint_eq(answer.body_bytes, answer_code(&answer) == 204 ? 0 : 5);
        ck_assert_uint_eq(answer_violations(&answer), taken[_i].violations);
        ck_assert_int_eq(answer_keeps_alive(&answer), taken[_i].keeps_alive);
    }
}
END_TEST

START_TEST(what_could_be_understood_differently_is_refused_with_the_reason)
{
    size_t used = 0;
    for (size_t piece = 1; piece <= refused[_i].length; piece++) {
        ck_assert_int_eq(feed(refused[_i].bytes, refused[_i].length, piece, &used), ANSWER_BROKEN);
        ck_assert_msg(strstr(answer_problem(&answer), refused[_i].problem) != NULL,
                      "pieces of %zu: %s", piece, answer_problem(&answer));
    }
}
END_TEST

START_TEST(odd_headers_are_kept_as_they_are_understood)
{
    static const char bytes[] = OK "X A : a\rb\r\r\nC:\r\n d\r\n  e \r\n" FIVE HELLO;
    static const char headers[] = "X A: a b\r\nC: d e\r\nContent-Length: 5\r\n";
    struct capture capture = {0};
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        size_t used = 0;
        enum answer_state state = ANSWER_MORE;
        capture_begin(&capture, 5);
        answer_begin(&answer, false, reason, sizeof reason, &capture);
        for (size_t at = 0; at < sizeof bytes - 1; at += piece) {
            size_t left = sizeof bytes - 1 - at;
            state = answer_feed(&answer, bytes + at, left < piece ? left : piece, &used);
        }
        ck_assert_int_eq(state, ANSWER_COMPLETE);
        ck_assert_msg(capture.headers.length == strlen(headers) &&
                          memcmp(capture.headers.bytes, headers, strlen(headers)) == 0,
                      "pieces of %zu: \"%.*s\"", piece, (int)capture.headers.length,
                      capture.headers.bytes);
    }
    capture_fini(&capture);
}
END_TEST

START_TEST(a_folded_location_is_one)
{
    static const char bytes[] = "HTTP/1.1 302 X\r\nLocation:\r\n /a\r\nContent-Length: 0\r\n\r\n";
    size_t used = 0;
    ck_assert_int_eq(feed(bytes, sizeof bytes - 1, 3, &used), ANSWER_COMPLETE);
    ck_assert_str_eq(answer_location(&answer), "/a");
    answer_fini(&answer);
}
END_TEST

START_TEST(heads_have_a_limit)
{
    enum { LINE = 1024 };
    char line[LINE + 1] = "X: ";
    size_t used = 0;
    size_t taken_bytes = 0;
    enum answer_state state = ANSWER_MORE;
    memset(line + 3, 'y', LINE - 5);
    memcpy(line + LINE - 2, "\r\n", 3);
    ck_assert_int_eq(feed(OK, strlen(OK), 100, &used), ANSWER_MORE);
    while (state == ANSWER_MORE && taken_bytes < (size_t)2 * ANSWER_HEAD_MAX) {
        state = answer_feed(&answer, line, LINE, &used);
        taken_bytes += used;
    }
    ck_assert_int_eq(state, ANSWER_BROKEN);
    ck_assert_uint_eq(taken_bytes + strlen(OK), ANSWER_HEAD_MAX);
    ck_assert_str_eq(answer_problem(&answer), "headers exceed 300 KB");
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *answer_lenient_suite(void);
Suite *answer_lenient_suite(void)
{
    Suite *suite = suite_create("answer_lenient");
    TCase *tests = tcase_create("answer_lenient");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, what_curl_or_go_takes_is_taken_and_noted, 0, COUNT(taken));
    tcase_add_loop_test(tests, what_could_be_understood_differently_is_refused_with_the_reason, 0,
                        COUNT(refused));
    tcase_add_test(tests, odd_headers_are_kept_as_they_are_understood);
    tcase_add_test(tests, a_folded_location_is_one);
    tcase_add_test(tests, heads_have_a_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
