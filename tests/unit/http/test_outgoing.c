#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loadgen/http/outgoing.h"

static char scratch[OUTGOING_SCRATCH];
static char small[] = "GET / HTTP/1.1\r\nX-Vegeta-Seq: \r\n\r\n";
enum { SMALL_AT = sizeof "GET / HTTP/1.1\r\nX-Vegeta-Seq: " - 1, LARGE = 3000000 };

static struct request request_of(char *bytes, size_t length, size_t at)
{
    return (struct request){.bytes = bytes, .length = length, .sequence_at = (uint32_t)at};
}

/* A part of it, or nothing, lies elsewhere. */
static void put_aside(struct request *request, int how)
{
    enum { HEAD = SMALL_AT + 2 };
    if (how > 0) {
        request->tail = request->bytes + HEAD;
        request->tail_length = request->length - HEAD;
        request->length = HEAD;
    }
}

static const struct {
    uint64_t number;
    const char *digits;
} numbers[] = {{0, "0"}, {7, "7"}, {10, "10"}, {UINT64_MAX, "18446744073709551615"}};

START_TEST(the_number_stands_where_it_belongs)
{
    char expected[128];
    char written[128] = {0};
    struct request request = request_of(small, strlen(small), SMALL_AT);
    int length = snprintf(expected, sizeof expected, "GET / HTTP/1.1\r\nX-Vegeta-Seq: %s\r\n\r\n",
                          numbers[_i].digits);
    ck_assert_uint_eq(outgoing_write(&request, numbers[_i].number, written, sizeof written),
                      length);
    ck_assert_str_eq(written, expected);
    ck_assert_uint_eq(outgoing_write(&request, numbers[_i].number, written, (size_t)length - 1), 0);
}
END_TEST

START_TEST(without_a_place_for_it_the_bytes_are_as_they_are)
{
    char written[128] = {0};
    struct request request = request_of(small, strlen(small), 0);
    ck_assert_uint_eq(outgoing_write(&request, 12345, written, sizeof written), strlen(small));
    ck_assert_str_eq(written, small);
}
END_TEST

START_TEST(a_body_elsewhere_goes_behind)
{
    static char head[] = "POST / HTTP/1.1\r\nX-Vegeta-Seq: \r\n\r\n";
    char written[128] = {0};
    struct request request = request_of(head, strlen(head), _i ? SMALL_AT + 1 : 0);
    request.tail = "body";
    request.tail_length = 4;
    size_t total = strlen(head) + (_i ? 2 : 0) + 4;
    ck_assert_uint_eq(outgoing_write(&request, 42, written, sizeof written), total);
    ck_assert_str_eq(written, _i ? "POST / HTTP/1.1\r\nX-Vegeta-Seq: 42\r\n\r\nbody"
                                 : "POST / HTTP/1.1\r\nX-Vegeta-Seq: \r\n\r\nbody");
    ck_assert_uint_eq(outgoing_write(&request, 42, written, total - 1), 0);
}
END_TEST

/* Sends through a socket that takes a little at a time, and compares what arrives. */
START_TEST(short_sends_go_on_where_they_stopped)
{
    int pair[2];
    size_t length = _i % 2 == 0 ? strlen(small) : LARGE;
    char *bytes = malloc(length);
    memset(bytes, 'x', length);
    for (size_t i = 0; small[i]; i++) {
        bytes[i] = small[i];
    }
    struct request request = request_of(bytes, length, SMALL_AT);
    put_aside(&request, _i / 2);
    size_t total = length + strlen("4711");
    char *expected = malloc(total);
    char *arrived = malloc(total);
    ck_assert_uint_eq(outgoing_write(&request, 4711, expected, total), total);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    size_t sent = 0;
    size_t got = 0;
    while (got < total) {
        size_t said = total;
        ssize_t n = sent < total ? outgoing_send(pair[0], &request, 4711, sent, scratch, &said) : 0;
        ck_assert_uint_eq(said, total);
        ck_assert(n >= 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
        n = recv(pair[1], arrived + got, total - got < 50001 ? total - got : 50001, 0);
        ck_assert(n >= 0 || errno == EAGAIN);
        got += n > 0 ? (size_t)n : 0;
    }
    ck_assert_mem_eq(arrived, expected, total);
    close(pair[0]);
    close(pair[1]);
    free(bytes);
    free(expected);
    free(arrived);
}
END_TEST

/* However far it came, the pieces that follow are the rest. */
START_TEST(pieces_make_up_the_request)
{
    size_t length = _i % 2 == 0 ? strlen(small) : OUTGOING_SCRATCH;
    char *bytes = malloc(length);
    memset(bytes, 'x', length);
    for (size_t i = 0; small[i]; i++) {
        bytes[i] = small[i];
    }
    struct request request = request_of(bytes, length, SMALL_AT);
    put_aside(&request, _i / 2);
    size_t total = length + strlen("4711");
    char *expected = malloc(total);
    ck_assert_uint_eq(outgoing_write(&request, 4711, expected, total), total);
    for (size_t from = 0; from < total; from++) {
        size_t at = from;
        while (at < total) {
            size_t said = 0;
            struct outgoing_piece piece = outgoing_piece(&request, 4711, at, scratch, &said);
            ck_assert_uint_eq(said, total);
            ck_assert_uint_gt(piece.length, 0);
            ck_assert_uint_le(piece.length, total - at);
            ck_assert_mem_eq(piece.bytes, expected + at, piece.length);
            at += piece.length;
        }
    }
    free(bytes);
    free(expected);
}
END_TEST

Suite *outgoing_suite(void);
Suite *outgoing_suite(void)
{
    Suite *suite = suite_create("outgoing");
    TCase *tests = tcase_create("outgoing");
    tcase_add_loop_test(tests, the_number_stands_where_it_belongs, 0, 4);
    tcase_add_test(tests, without_a_place_for_it_the_bytes_are_as_they_are);
    tcase_add_loop_test(tests, a_body_elsewhere_goes_behind, 0, 2);
    tcase_add_loop_test(tests, short_sends_go_on_where_they_stopped, 0, 4);
    tcase_add_loop_test(tests, pieces_make_up_the_request, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
