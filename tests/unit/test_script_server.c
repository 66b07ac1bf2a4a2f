/*
 * Raw sockets against each thing that a script can do. Waits are checked strictly from below; from
 * above only that they end, because the machine may be shared.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/script_server.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

enum { MANY = 300 };

static struct script_server *server;
static struct err err;

static void serve(const struct script *script)
{
    server = script_server_start(script, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
}

static int dial(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                               .sin_port = htons(script_server_port(server))};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Receives exactly `text`, and nothing is left over of it. */
static void expect(int fd, const char *text)
{
    char got[4096] = "";
    size_t len = strlen(text);
    ck_assert_uint_lt(len, sizeof got);
    ssize_t n = len == 0 ? 0 : recv(fd, got, len, MSG_WAITALL);
    ck_assert_msg(n == (ssize_t)len, "received %zd of %zu: %s", n, len, strerror(errno));
    ck_assert_str_eq(got, text);
}

static void expect_close(int fd)
{
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

static void expect_reset(int fd)
{
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(fd);
}

static void expect_nothing(int fd, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&poll_fd, 1, ms), 0);
}

static struct script_counts stop(void)
{
    struct script_counts counts = script_server_stop(server);
    ck_assert_uint_eq(counts.requests, counts.answers + counts.broken + counts.abandoned);
    return counts;
}

/* One request on one connection, answered with `text`; then `end` sees how it ends. */
static struct script_counts one_step(const struct script_step *step, const char *text,
                                     void (*end)(int fd))
{
    struct script script = {.steps = step, .step_count = 1};
    serve(&script);
    int fd = dial();
    say(fd, GET);
    expect(fd, text);
    if (end != NULL) {
        end(fd);
    } else {
        expect_nothing(fd, 20);
        close(fd);
    }
    struct script_counts counts = stop();
    ck_assert_uint_eq(counts.connections, 1);
    ck_assert_uint_eq(counts.requests, 1);
    return counts;
}

START_TEST(an_answer_has_the_status_the_headers_and_the_body)
{
    struct script_step step = {.status = 404, .body_bytes = 28, .headers = "X-A: b\r\n"};
    struct script_counts counts = one_step(&step,
                                           "HTTP/1.1 404 Scripted\r\nX-A: b\r\n"
                                           "Content-Length: 28\r\n\r\nabcdefghijklmnopqrstuvwxyzab",
                                           NULL);
    ck_assert_uint_eq(counts.answers, 1);
    ck_assert_uint_eq(counts.connections_peak, 1);
}
END_TEST

START_TEST(chunks_have_the_asked_size_and_an_end)
{
    struct script_step step = {.body_bytes = 17, .chunk_bytes = 16};
    one_step(&step,
             "HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n"
             "10\r\nabcdefghijklmnop\r\n1\r\nq\r\n0\r\n\r\n",
             NULL);
    step.body_bytes = 0;
    one_step(&step, "HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NULL);
}
END_TEST

START_TEST(a_delay_is_never_shorter_than_asked)
{
    struct script_step step = {.delay_ms = 40};
    uint64_t before = clock_now_ns();
    one_step(&step, "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n", NULL);
    ck_assert_uint_ge(clock_now_ns() - before, 40 * NS_PER_MS);
}
END_TEST

START_TEST(a_short_delay_does_not_wait_for_a_long_one)
{
    static const struct script_step steps[] = {{.delay_ms = 400, .raw = "long"},
                                               {.delay_ms = 10, .raw = "short"}};
    struct script script = {.steps = steps, .step_count = 2};
    serve(&script);
    int late = dial();
    say(late, GET);
    expect_nothing(late, 10); /* so that it is the first */
    int soon = dial();
    say(soon, GET);
    expect(soon, "short");
    expect_nothing(late, 0);
    expect(late, "long");
    close(soon);
    close(late);
    stop();
}
END_TEST

START_TEST(bytes_come_one_at_a_time)
{
    struct script_step step = {.raw = "0123456789", .pause_ms = 5};
    struct script script = {.steps = &step, .step_count = 1};
    char got[16];
    serve(&script);
    int fd = dial();
    say(fd, GET);
    ck_assert_int_eq(recv(fd, got, sizeof got, 0), 1);
    uint64_t first = clock_now_ns();
    expect(fd, "123456789");
    /* Eight pauses lie between the other nine; the first byte may have been read late. */
    ck_assert_uint_ge(clock_now_ns() - first, 40 * NS_PER_MS);
    close(fd);
    stop();
}
END_TEST

START_TEST(a_stall_holds_back_every_connection)
{
    struct script_step step = {0};
    struct script script = {.steps = &step, .step_count = 1, .stall_at_ms = 30, .stall_ms = 120};
    const char answer[] = "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n";
    int fds[3];
    serve(&script);
    uint64_t before = clock_now_ns();
    for (size_t i = 0; i < 3; i++) {
        fds[i] = dial();
        say(fds[i], GET);
        expect(fds[i], answer);
    }
    while (clock_now_ns() < before + 60 * NS_PER_MS) {
        usleep(1000);
    }
    uint64_t done[3];
    for (size_t i = 0; i < 3; i++) {
        say(fds[i], GET);
    }
    for (size_t i = 0; i < 3; i++) {
        expect(fds[i], answer);
        done[i] = clock_now_ns();
        say(fds[i], GET); /* after the stall it goes on */
        expect(fds[i], answer);
        close(fds[i]);
    }
    struct script_counts counts = stop();
    ck_assert_uint_ge(counts.stall_from_ns, before + 30 * NS_PER_MS);
    ck_assert_uint_eq(counts.stall_until_ns - counts.stall_from_ns, 120 * NS_PER_MS);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_ge(done[i], counts.stall_until_ns);
    }
    ck_assert_uint_eq(counts.answers, 9);
}
END_TEST

START_TEST(a_stall_interrupts_an_answer_that_comes_byte_by_byte)
{
    struct script_step step = {.raw = "0123456789", .pause_ms = 5};
    struct script script = {.steps = &step, .step_count = 1, .stall_at_ms = 12, .stall_ms = 100};
    serve(&script);
    uint64_t before = clock_now_ns();
    int fd = dial();
    say(fd, GET);
    expect(fd, "0123456789");
    ck_assert_uint_ge(clock_now_ns() - before, 112 * NS_PER_MS);
    close(fd);
    stop();
}
END_TEST

START_TEST(a_reset_comes_before_or_within_the_answer)
{
    struct script_step step = {.end = SCRIPT_RESET};
    ck_assert_uint_eq(one_step(&step, "", expect_reset).broken, 1);
    step.cut_at = 8;
    ck_assert_uint_eq(one_step(&step, "HTTP/1.1", expect_reset).broken, 1);
}
END_TEST

START_TEST(a_close_comes_before_within_or_after_the_answer)
{
    struct script_step step = {.end = SCRIPT_CLOSE};
    ck_assert_uint_eq(one_step(&step, "", expect_close).broken, 1);
    step.cut_at = 8;
    ck_assert_uint_eq(one_step(&step, "HTTP/1.1", expect_close).broken, 1);
    step.cut_at = SCRIPT_WHOLE;
    const char answer[] = "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n";
    ck_assert_uint_eq(one_step(&step, answer, expect_close).answers, 1);
}
END_TEST

START_TEST(a_close_without_an_answer_waits_as_well)
{
    struct script_step step = {.end = SCRIPT_CLOSE, .delay_ms = 30};
    uint64_t before = clock_now_ns();
    one_step(&step, "", expect_close);
    ck_assert_uint_ge(clock_now_ns() - before, 30 * NS_PER_MS);
}
END_TEST

START_TEST(a_body_may_be_shorter_than_its_content_length)
{
    struct script_step step = {
        .body_bytes = 10, .missing_bytes = 7, .end = SCRIPT_CLOSE, .cut_at = SCRIPT_WHOLE};
    const char answer[] = "HTTP/1.1 200 Scripted\r\nContent-Length: 10\r\n\r\nabc";
    struct script_counts counts = one_step(&step, answer, expect_close);
    ck_assert_uint_eq(counts.broken, 1);
    ck_assert_uint_eq(counts.answers, 0);
}
END_TEST

START_TEST(garbage_is_sent_as_it_is)
{
    struct script_step step = {.raw = "\x01garbage\r\n\r\n"};
    ck_assert_uint_eq(one_step(&step, "\x01garbage\r\n\r\n", NULL).broken, 1);
}
END_TEST

START_TEST(silence_comes_before_or_within_the_answer_and_is_kept)
{
    struct script_step step = {.end = SCRIPT_SILENCE};
    ck_assert_uint_eq(one_step(&step, "", NULL).broken, 1);
    step.cut_at = 8;
    ck_assert_uint_eq(one_step(&step, "HTTP/1.1", NULL).broken, 1);
}
END_TEST

START_TEST(every_nth_answer_closes_its_connection)
{
    struct script_step step = {0};
    struct script script = {.steps = &step, .step_count = 1, .close_every = 3};
    serve(&script);
    for (size_t i = 0; i < 2; i++) {
        int fd = dial();
        for (size_t j = 0; j < 3; j++) {
            say(fd, GET);
            expect(fd, "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n");
        }
        expect_close(fd);
    }
    struct script_counts counts = stop();
    ck_assert_uint_eq(counts.connections, 2);
    ck_assert_uint_eq(counts.connections_peak, 1);
    ck_assert_uint_eq(counts.answers, 6);
}
END_TEST

START_TEST(the_order_says_what_a_step_belongs_to)
{
    static const struct {
        enum script_order order;
        const char *answers; /* to A, A, B, A, A, B: a connection each letter */
    } cases[] = {
        {SCRIPT_BY_REQUEST, "012121"},
        {SCRIPT_BY_CONNECTION, "001001"},
        {SCRIPT_BY_REQUEST_OF_CONNECTION, "010211"},
    };
    static const struct script_step steps[] = {{.raw = "0"}, {.raw = "1"}, {.raw = "2"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct script script = {
            .steps = steps, .step_count = 3, .loop_from = 1, .order = cases[i].order};
        serve(&script);
        int fds[2] = {dial(), dial()};
        for (size_t k = 0; k < 6; k++) {
            int fd = fds["001001"[k] - '0'];
            say(fd, GET);
            expect(fd, (char[]){cases[i].answers[k], '\0'});
        }
        close(fds[0]);
        close(fds[1]);
        stop();
    }
}
END_TEST

START_TEST(a_request_ends_with_its_body_however_it_comes)
{
    const char post[] = "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nab\r\n\r";
    struct script_step step = {.raw = "y"};
    struct script script = {.steps = &step, .step_count = 1};
    serve(&script);
    int fd = dial();
    for (size_t i = 0; post[i] != '\0'; i++) {
        expect_nothing(fd, i == sizeof post - 2 ? 20 : 0);
        say(fd, (char[]){post[i], '\0'});
    }
    expect(fd, "y");
    say(fd, GET GET); /* the second waits its turn */
    expect(fd, "yy");
    close(fd);
    ck_assert_uint_eq(stop().requests, 3);
}
END_TEST

START_TEST(a_head_gets_no_body)
{
    struct script_step step = {.body_bytes = 5};
    struct script script = {.steps = &step, .step_count = 1};
    serve(&script);
    int fd = dial();
    say(fd, "HEAD / HTTP/1.1\r\n\r\n");
    expect(fd, "HTTP/1.1 200 Scripted\r\nContent-Length: 5\r\n\r\n");
    expect_nothing(fd, 20);
    close(fd);
    ck_assert_uint_eq(stop().answers, 1);
}
END_TEST

START_TEST(a_chunked_request_is_refused)
{
    struct script_step step = {0};
    struct script script = {.steps = &step, .step_count = 1};
    serve(&script);
    int fd = dial();
    say(fd, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect_close(fd);
    struct script_counts counts = stop();
    ck_assert_uint_eq(counts.refused, 1);
    ck_assert_uint_eq(counts.requests, 0);
}
END_TEST

START_TEST(an_answer_that_nobody_waits_for_is_abandoned)
{
    struct script_step step = {.delay_ms = 60000};
    struct script script = {.steps = &step, .step_count = 1};
    serve(&script);
    int gone = dial();
    say(gone, GET);
    expect_nothing(gone, 20); /* so that it is read before the close */
    close(gone);
    int waits = dial();
    say(waits, GET);
    expect_nothing(waits, 20);
    struct script_counts counts = stop();
    ck_assert_uint_eq(counts.connections_peak, 1);
    ck_assert_uint_eq(counts.abandoned, 2);
    expect_close(waits);
}
END_TEST

START_TEST(hundreds_of_connections_wait_at_once)
{
    struct script_step step = {.body_bytes = 1, .delay_ms = 50};
    struct script script = {.steps = &step, .step_count = 1};
    int fds[MANY];
    serve(&script);
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = dial();
    }
    uint64_t before = clock_now_ns();
    for (size_t i = 0; i < MANY; i++) {
        say(fds[i], GET);
    }
    for (size_t i = 0; i < MANY; i++) {
        expect(fds[i], "HTTP/1.1 200 Scripted\r\nContent-Length: 1\r\n\r\na");
        close(fds[i]);
    }
    uint64_t took = clock_now_ns() - before;
    ck_assert_uint_ge(took, 50 * NS_PER_MS);
    ck_assert_uint_lt(took, 5 * NS_PER_S); /* one after the other it would be 15 s */
    struct script_counts counts = stop();
    ck_assert_uint_eq(counts.connections_peak, MANY);
    ck_assert_uint_eq(counts.answers, MANY);
}
END_TEST

START_TEST(a_script_without_steps_is_refused)
{
    struct script script = {0};
    ck_assert_ptr_null(script_server_start(&script, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

Suite *script_server_suite(void);
Suite *script_server_suite(void)
{
    Suite *suite = suite_create("script_server");
    TCase *answers = tcase_create("answers");
    tcase_add_test(answers, an_answer_has_the_status_the_headers_and_the_body);
    tcase_add_test(answers, chunks_have_the_asked_size_and_an_end);
    tcase_add_test(answers, a_body_may_be_shorter_than_its_content_length);
    tcase_add_test(answers, garbage_is_sent_as_it_is);
    tcase_add_test(answers, a_head_gets_no_body);
    suite_add_tcase(suite, answers);
    TCase *time = tcase_create("time");
    tcase_set_timeout(time, 30);
    tcase_add_test(time, a_delay_is_never_shorter_than_asked);
    tcase_add_test(time, a_short_delay_does_not_wait_for_a_long_one);
    tcase_add_test(time, bytes_come_one_at_a_time);
    tcase_add_test(time, a_stall_holds_back_every_connection);
    tcase_add_test(time, a_stall_interrupts_an_answer_that_comes_byte_by_byte);
    tcase_add_test(time, hundreds_of_connections_wait_at_once);
    suite_add_tcase(suite, time);
    TCase *ends = tcase_create("ends");
    tcase_add_test(ends, a_reset_comes_before_or_within_the_answer);
    tcase_add_test(ends, a_close_comes_before_within_or_after_the_answer);
    tcase_add_test(ends, a_close_without_an_answer_waits_as_well);
    tcase_add_test(ends, silence_comes_before_or_within_the_answer_and_is_kept);
    tcase_add_test(ends, every_nth_answer_closes_its_connection);
    tcase_add_test(ends, an_answer_that_nobody_waits_for_is_abandoned);
    suite_add_tcase(suite, ends);
    TCase *script = tcase_create("script");
    tcase_add_test(script, the_order_says_what_a_step_belongs_to);
    tcase_add_test(script, a_request_ends_with_its_body_however_it_comes);
    tcase_add_test(script, a_chunked_request_is_refused);
    tcase_add_test(script, a_script_without_steps_is_refused);
    suite_add_tcase(suite, script);
    return suite;
}
