/* The web server: requests that wait, and who makes them go on. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/http/listener.h"
#include "loadgen/web/http/server.h"

enum { ANSWER = 4096, WAIT_MS = 3000 };

static struct stream *stream;
static struct http_server *server;
static struct sockaddr_in address;
static atomic_bool is_answering; /* a slow request, which gives up after WAIT_MS */
static atomic_bool may_end;
static atomic_bool has_ended; /* what the others wait for */
static atomic_int answers;

static void await(const atomic_bool *flag)
{
    for (int i = 0; !atomic_load(flag) && i < WAIT_MS; i++) {
        poll(NULL, 0, 1);
    }
}

static void answer(void *context, struct http_request *request, struct http_reply *reply)
{
    (void)context;
    answers++;
    if (strcmp(request->path, "/slow") == 0) {
        is_answering = true;
        await(&may_end);
        is_answering = false;
    }
    http_reply_text(reply, HTTP_OK, request->is_resumed ? "again\n" : "once\n");
    reply->waits = strncmp(request->path, "/wait", 5) == 0 && !has_ended;
    if (strcmp(request->path, "/wait/missed") == 0 && !has_ended) {
        has_ended = true; /* between what the reply says and that it waits */
        http_server_resume(server);
    }
    if (reply->waits) {
        bytes_free(&reply->body);
    }
}

static void setup(void)
{
    struct listener listener;
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    ck_assert(
        listener_open(&listener, (const struct sockaddr *)(const void *)&any, sizeof any, NULL));
    getsockname(listener.socket, (struct sockaddr *)(void *)&address, &length);
    is_answering = may_end = has_ended = false;
    answers = 0;
    stream = stream_create();
    server = http_server_start(&listener, stream, answer, NULL, NULL);
    ck_assert_ptr_nonnull(server);
}

static void teardown(void)
{
    http_server_stop(server);
    stream_destroy(stream);
}

static int ask(const char *path)
{
    char head[128];
    const struct timeval wait = {.tv_sec = 2L * WAIT_MS / 1000};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int length = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ck_assert_int_eq(
        connect(client, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    ck_assert_int_eq(send(client, head, (size_t)length, MSG_NOSIGNAL), length);
    return client;
}

/* Reads until this comes. */
static void expect(int client, const char *text)
{
    char got[ANSWER] = "";
    size_t length = 0;
    while (!strstr(got, text)) {
        ck_assert_uint_lt(length, sizeof got - 1);
        ssize_t more = recv(client, got + length, 1, 0);
        ck_assert_msg(more == 1, "\"%s\" does not come after \"%s\"", text, got);
        got[++length] = '\0';
    }
    close(client);
}

START_TEST(no_answer_delays_who_resumes)
{
    int client = ask("/slow");
    await(&is_answering);
    ck_assert(is_answering);
    http_server_resume(server);
    ck_assert_msg(is_answering, "http_server_resume has waited for an answer");
    may_end = true;
    expect(client, "once\n");
}
END_TEST

START_TEST(who_waits_is_asked_again)
{
    int one = ask("/wait");
    int other = ask("/wait");
    for (int i = 0; answers < 2 && i < WAIT_MS; i++) {
        poll(NULL, 0, 1);
    }
    http_server_resume(server); /* it has not ended yet: they go on waiting */
    for (int i = 0; answers < 4 && i < WAIT_MS; i++) {
        poll(NULL, 0, 1);
    }
    has_ended = true;
    http_server_resume(server);
    expect(one, "again\n");
    expect(other, "again\n");
}
END_TEST

START_TEST(none_misses_the_call)
{
    expect(ask("/wait/missed"), "again\n");
    ck_assert_int_eq(answers, 2);
}
END_TEST

START_TEST(the_end_closes_who_waits)
{
    char byte;
    int client = ask("/wait");
    for (int i = 0; answers < 1 && i < WAIT_MS; i++) {
        poll(NULL, 0, 1);
    }
    http_server_stop(server);
    server = NULL;
    ck_assert_int_le(recv(client, &byte, 1, 0), 0);
    close(client);
}
END_TEST

Suite *http_server_suite(void);
Suite *http_server_suite(void)
{
    Suite *suite = suite_create("http_server");
    TCase *requests = tcase_create("requests");
    tcase_add_checked_fixture(requests, setup, teardown);
    tcase_set_timeout(requests, 4.0 * WAIT_MS / 1000);
    tcase_add_test(requests, no_answer_delays_who_resumes);
    tcase_add_test(requests, who_waits_is_asked_again);
    tcase_add_test(requests, none_misses_the_call);
    tcase_add_test(requests, the_end_closes_who_waits);
    suite_add_tcase(suite, requests);
    return suite;
}
