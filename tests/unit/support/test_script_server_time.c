/*
 * When a script's answers come. Waits are checked strictly from below; from above only that they
 * end, because the machine may be shared.
 */
#include <check.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/script_client.h"

enum { MANY = 300 };

static struct script_server *server;

START_TEST(a_delay_is_never_shorter_than_asked)
{
    struct script_step step = {.delay_ms = 40};
    uint64_t before = clock_now_ns();
    client_one_step(&step, "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n", NULL);
    ck_assert_uint_ge(clock_now_ns() - before, 40 * NS_PER_MS);
}
END_TEST

START_TEST(a_short_delay_does_not_wait_for_a_long_one)
{
    static const struct script_step steps[] = {{.delay_ms = 400, .raw = "long"},
                                               {.delay_ms = 10, .raw = "short"}};
    struct script script = {.steps = steps, .step_count = 2};
    server = client_serve(&script);
    int late = client_dial(server);
    client_say(late, CLIENT_GET);
    client_expect_nothing(late, 10); /* so that it is the first */
    int soon = client_dial(server);
    client_say(soon, CLIENT_GET);
    client_expect(soon, "short");
    client_expect_nothing(late, 0);
    client_expect(late, "long");
    close(soon);
    close(late);
    client_stop(server);
}
END_TEST

START_TEST(bytes_come_one_at_a_time)
{
    struct script_step step = {.raw = "0123456789", .pause_ms = 5};
    struct script script = {.steps = &step, .step_count = 1};
    char got[16];
    server = client_serve(&script);
    int fd = client_dial(server);
    client_say(fd, CLIENT_GET);
    ck_assert_int_eq(recv(fd, got, sizeof got, 0), 1);
    uint64_t first = clock_now_ns();
    client_expect(fd, "123456789");
    /* Eight pauses lie between the other nine; the first byte may have been read late. */
    ck_assert_uint_ge(clock_now_ns() - first, 40 * NS_PER_MS);
    close(fd);
    client_stop(server);
}
END_TEST

START_TEST(a_stall_holds_back_every_connection)
{
    struct script_step step = {0};
    struct script script = {.steps = &step, .step_count = 1, .stall_at_ms = 30, .stall_ms = 120};
    const char answer[] = "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n";
    int fds[3];
    server = client_serve(&script);
    uint64_t before = clock_now_ns();
    for (size_t i = 0; i < 3; i++) {
        fds[i] = client_dial(server);
        client_say(fds[i], CLIENT_GET);
        client_expect(fds[i], answer);
    }
    while (clock_now_ns() < before + 60 * NS_PER_MS) {
        usleep(1000);
    }
    uint64_t done[3];
    for (size_t i = 0; i < 3; i++) {
        client_say(fds[i], CLIENT_GET);
    }
    for (size_t i = 0; i < 3; i++) {
        client_expect(fds[i], answer);
        done[i] = clock_now_ns();
        client_say(fds[i], CLIENT_GET); /* after the stall it goes on */
        client_expect(fds[i], answer);
        close(fds[i]);
    }
    struct script_counts counts = client_stop(server);
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
    server = client_serve(&script);
    uint64_t before = clock_now_ns();
    int fd = client_dial(server);
    client_say(fd, CLIENT_GET);
    client_expect(fd, "0123456789");
    ck_assert_uint_ge(clock_now_ns() - before, 112 * NS_PER_MS);
    close(fd);
    client_stop(server);
}
END_TEST

START_TEST(hundreds_of_connections_wait_at_once)
{
    struct script_step step = {.body_bytes = 1, .delay_ms = 50};
    struct script script = {.steps = &step, .step_count = 1};
    int fds[MANY];
    server = client_serve(&script);
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = client_dial(server);
    }
    uint64_t before = clock_now_ns();
    for (size_t i = 0; i < MANY; i++) {
        client_say(fds[i], CLIENT_GET);
    }
    for (size_t i = 0; i < MANY; i++) {
        client_expect(fds[i], "HTTP/1.1 200 Scripted\r\nContent-Length: 1\r\n\r\na");
        close(fds[i]);
    }
    uint64_t took = clock_now_ns() - before;
    ck_assert_uint_ge(took, 50 * NS_PER_MS);
    ck_assert_uint_lt(took, 5 * NS_PER_S); /* one after the other it would be 15 s */
    struct script_counts counts = client_stop(server);
    ck_assert_uint_eq(counts.connections_peak, MANY);
    ck_assert_uint_eq(counts.answers, MANY);
}
END_TEST

Suite *script_server_time_suite(void);
Suite *script_server_time_suite(void)
{
    Suite *suite = suite_create("script_server_time");
    TCase *tests = tcase_create("script_server_time");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_delay_is_never_shorter_than_asked);
    tcase_add_test(tests, a_short_delay_does_not_wait_for_a_long_one);
    tcase_add_test(tests, bytes_come_one_at_a_time);
    tcase_add_test(tests, a_stall_holds_back_every_connection);
    tcase_add_test(tests, a_stall_interrupts_an_answer_that_comes_byte_by_byte);
    tcase_add_test(tests, hundreds_of_connections_wait_at_once);
    suite_add_tcase(suite, tests);
    return suite;
}
