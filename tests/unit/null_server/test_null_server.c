/* A null server, asked over real sockets. */
#include <arpa/inet.h>
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/null_server/null_server.h"

enum { ANSWER_MAX = 512 };

static struct null_server server;
static struct err err;

static void setup(void)
{
    err = (struct err){.code = ERR_NONE};
    ck_assert_msg(null_server_start(&server, 1, &err), "%s", err.text);
}

static void teardown(void)
{
    null_server_stop(&server);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_request(int fd)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    ck_assert_int_eq(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
}

/* Until its end or that of the connection. */
static void read_answer(int fd, char answer[ANSWER_MAX])
{
    size_t length = 0;
    do {
        ssize_t more = recv(fd, answer + length, ANSWER_MAX - 1 - length, 0);
        length += more > 0 ? (size_t)more : 0;
        answer[length] = '\0';
        if (more <= 0) {
            return;
        }
    } while (!strstr(answer, "\r\n\r\n"));
}

static void ask(int fd, char answer[ANSWER_MAX])
{
    send_request(fd);
    read_answer(fd, answer);
}

static struct null_account follow(struct null_script script)
{
    struct null_account account;
    ck_assert_msg(null_server_follow(&server, &script, &account, &err), "%s", err.text);
    return account;
}

START_TEST(it_answers_every_request_of_a_connection)
{
    char answer[ANSWER_MAX];
    int fd = connect_to(server.port);
    for (int i = 0; i < 3; i++) {
        ask(fd, answer);
        ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 200 OK\r\n"), answer);
    }
    close(fd);
    ck_assert_uint_eq(follow((struct null_script){0}).requests, 3);
    ck_assert_uint_eq(follow((struct null_script){0}).requests, 0);
}
END_TEST

START_TEST(it_refuses_and_breaks_off_what_the_script_says)
{
    char answer[ANSWER_MAX];
    follow((struct null_script){.refuse_every = 2, .break_every = 3});
    int fd = connect_to(server.port);
    ask(fd, answer);
    ck_assert_ptr_nonnull(strstr(answer, " 200 "));
    ask(fd, answer);
    ck_assert_ptr_nonnull(strstr(answer, " 503 "));
    ask(fd, answer);
    ck_assert_ptr_null(strstr(answer, "\r\n\r\n"));
    ck_assert_int_gt(strlen(answer), 0);
    close(fd);
    struct null_account account = follow((struct null_script){0});
    ck_assert_uint_eq(account.requests, 3);
    ck_assert_uint_eq(account.refused, 1);
    ck_assert_uint_eq(account.broken, 1);
}
END_TEST

START_TEST(it_delays_each_answer_and_says_by_how_much)
{
    char answer[ANSWER_MAX];
    follow((struct null_script){.delay_ns = 30 * NS_PER_MS});
    int first = connect_to(server.port), second = connect_to(server.port);
    uint64_t begin_ns = clock_now_ns();
    send_request(first);
    usleep(10000);
    ask(second, answer); /* wakes the server before the first answer is due */
    read_answer(first, answer);
    uint64_t took_ns = clock_now_ns() - begin_ns;
    close(first);
    close(second);
    struct null_account account = follow((struct null_script){0});
    ck_assert_uint_eq(account.delayed, 2);
    ck_assert_uint_ge(account.delay_ns, 60 * NS_PER_MS);
    ck_assert_uint_ge(took_ns, 40 * NS_PER_MS);
}
END_TEST

START_TEST(it_stands_still_once_and_says_when)
{
    char answer[ANSWER_MAX];
    uint64_t begin_ns = clock_now_ns(), wall_ns = clock_wall_ns();
    follow((struct null_script){.stall_at_ns = 1, .stall_ns = 50 * NS_PER_MS});
    int fd = connect_to(server.port);
    ask(fd, answer);
    uint64_t took_ns = clock_now_ns() - begin_ns;
    for (int i = 0; i < 40; i++) {
        ask(fd, answer);
    }
    ck_assert_uint_lt(clock_now_ns() - begin_ns, 40 * (50 * NS_PER_MS));
    struct null_account account = follow((struct null_script){0});
    close(fd);
    ck_assert_uint_ge(account.stalled_ns, 50 * NS_PER_MS);
    ck_assert_uint_ge(account.stalled_from_ns, wall_ns);
    ck_assert_uint_ge(took_ns, account.stalled_ns);
}
END_TEST

START_TEST(its_cpu_time_is_its_own)
{
    char answer[ANSWER_MAX];
    uint64_t before_ns = null_server_cpu_ns(&server);
    int fd = connect_to(server.port);
    for (int i = 0; i < 1000; i++) {
        ask(fd, answer);
    }
    close(fd);
    follow((struct null_script){0});
    ck_assert_uint_gt(null_server_cpu_ns(&server), before_ns);
}
END_TEST

START_TEST(several_share_a_port)
{
    struct null_server four;
    struct null_account account;
    char answer[ANSWER_MAX];
    ck_assert_msg(null_server_start(&four, 4, &err), "%s", err.text);
    ck_assert_uint_eq(four.count, 4);
    for (int i = 0; i < 20; i++) {
        int fd = connect_to(four.port);
        ask(fd, answer);
        ck_assert_ptr_nonnull(strstr(answer, " 200 "));
        close(fd);
    }
    ck_assert(null_server_follow(&four, &(struct null_script){0}, &account, &err));
    ck_assert_uint_eq(account.requests, 20);
    null_server_stop(&four);
}
END_TEST

/* The owner is killed: then the only process that has the socket open is gone. */
START_TEST(it_ends_with_its_owner)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t owner = fork();
    if (owner == 0) {
        struct null_server own;
        close(ends[0]);
        if (null_server_start(&own, 3, &err) && write(ends[1], &own.port, 2) == 2) {
            pause();
        }
        _exit(1);
    }
    uint16_t port = 0;
    char byte;
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &port, sizeof port), sizeof port);
    close(connect_to(port));
    kill(owner, SIGKILL);
    ck_assert_int_eq(waitpid(owner, NULL, 0), owner);
    /* The servers have inherited the pipe, and close it when they end. */
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}
END_TEST

START_TEST(without_its_process_there_is_an_error)
{
    struct null_account account;
    kill(server.list[0].pid, SIGKILL);
    ck_assert(!null_server_follow(&server, &(struct null_script){0}, &account, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "null server"));
}
END_TEST

Suite *null_server_suite(void);
Suite *null_server_suite(void)
{
    Suite *suite = suite_create("null_server");
    TCase *tests = tcase_create("null_server");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, it_answers_every_request_of_a_connection);
    tcase_add_test(tests, it_refuses_and_breaks_off_what_the_script_says);
    tcase_add_test(tests, it_delays_each_answer_and_says_by_how_much);
    tcase_add_test(tests, it_stands_still_once_and_says_when);
    tcase_add_test(tests, its_cpu_time_is_its_own);
    tcase_add_test(tests, several_share_a_port);
    tcase_add_test(tests, it_ends_with_its_owner);
    tcase_add_test(tests, without_its_process_there_is_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}
