#include "tests/support/script_client.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct script_server *client_serve(const struct script *script)
{
    struct err err = {0};
    struct script_server *server = script_server_start(script, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    return server;
}

int client_dial(const struct script_server *server)
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

void client_say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

void client_expect(int fd, const char *text)
{
    char got[4096] = "";
    size_t len = strlen(text);
    ck_assert_uint_lt(len, sizeof got);
    ssize_t n = len == 0 ? 0 : recv(fd, got, len, MSG_WAITALL);
    ck_assert_msg(n == (ssize_t)len, "received %zd of %zu: %s", n, len, strerror(errno));
    ck_assert_str_eq(got, text);
}

void client_expect_close(int fd)
{
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

void client_expect_reset(int fd)
{
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(fd);
}

void client_expect_nothing(int fd, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&poll_fd, 1, ms), 0);
}

struct script_counts client_stop(struct script_server *server)
{
    struct script_counts counts = script_server_stop(server);
    ck_assert_uint_eq(counts.requests, counts.answers + counts.broken + counts.abandoned);
    return counts;
}

struct script_counts client_one_step(const struct script_step *step, const char *text,
                                     void (*end)(int fd))
{
    struct script script = {.steps = step, .step_count = 1};
    struct script_server *server = client_serve(&script);
    int fd = client_dial(server);
    client_say(fd, CLIENT_GET);
    client_expect(fd, text);
    if (end != NULL) {
        end(fd);
    } else {
        client_expect_nothing(fd, 20);
        close(fd);
    }
    struct script_counts counts = client_stop(server);
    ck_assert_uint_eq(counts.connections, 1);
    ck_assert_uint_eq(counts.requests, 1);
    return counts;
}
