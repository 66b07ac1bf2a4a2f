/* A stream, and the server that sends it. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http/listener.h"
#include "loadgen/web/http/server.h"
#include "loadgen/web/http/stream.h"

enum { ANSWER = 4096, IDLE = 100, WAIT_MS = 10000 };

static struct stream *stream;
static struct http_server *server;
static struct sockaddr_in address;

static void answer(void *context, struct http_request *request, struct http_reply *reply)
{
    (void)context;
    http_reply_text(reply, HTTP_OK, "first\n");
    reply->is_stream = strcmp(request->path, "/stream") == 0;
    reply->from = stream_position(stream);
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
    stream = stream_create();
    server = http_server_start(&listener, stream, answer, NULL, NULL);
    ck_assert_ptr_nonnull(server);
}

static void teardown(void)
{
    http_server_stop(server);
    stream_destroy(stream);
}

static int connect_with(int room)
{
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval wait = {.tv_sec = WAIT_MS / 1000};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (room > 0) {
        setsockopt(client, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    }
    ck_assert_int_eq(
        connect(client, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    return client;
}

static void ask(int client, const char *method, const char *path)
{
    char head[128];
    int length = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n", method, path);
    ck_assert_int_eq(send(client, head, (size_t)length, MSG_NOSIGNAL), length);
}

/* Reads until this comes, and nothing after it. */
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
}

static int follow(int room)
{
    int client = connect_with(room);
    ask(client, "GET", "/stream");
    expect(client, "first\n");
    return client;
}

static void publish(const char *text)
{
    stream_publish(stream, text, strlen(text));
}

static void wait_for_clients(size_t count)
{
    for (int i = 0; stream_clients(stream) != count && i < WAIT_MS; i++) {
        poll(NULL, 0, 1);
    }
    ck_assert_uint_eq(stream_clients(stream), count);
}

static bool is_open(int client)
{
    char byte;
    return recv(client, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN;
}

START_TEST(everyone_gets_what_is_published)
{
    publish("before");
    int one = follow(0);
    publish("alpha\n");
    int other = follow(0);
    publish("beta\n");
    expect(one, "alpha\n");
    expect(one, "beta\n");
    expect(other, "beta\n");
    ck_assert_uint_eq(stream_clients(stream), 2);
    close(one);
    publish("gamma\n"); /* finds that it has gone: the first send is answered with a reset */
    expect(other, "gamma\n");
    for (int i = 0; stream_clients(stream) == 2 && i < 100; i++) {
        publish("delta\n");
        expect(other, "delta\n");
    }
    wait_for_clients(1);
    ck_assert_uint_eq(stream_dropped(stream), 0);
    close(other);
}
END_TEST

START_TEST(who_does_not_read_is_dropped)
{
    char text[2048];
    int slow = follow(2048);
    int quick = follow(0);
    for (int i = 0; i < 400; i++) {
        snprintf(text, sizeof text, "%2000d\n", i);
        publish(text);
        snprintf(text, sizeof text, "%d\n", i);
        expect(quick, text);
    }
    wait_for_clients(1);
    ck_assert_uint_eq(stream_dropped(stream), 1);
    publish("end\n");
    expect(quick, "end\n");
    close(slow);
    close(quick);
}
END_TEST

/* More than the ring holds. */
START_TEST(too_much_at_once_drops_all)
{
    static char much[STREAM_BYTES + 1];
    memset(much, 'x', sizeof much);
    int client = follow(0);
    stream_publish(stream, much, sizeof much);
    wait_for_clients(0);
    ck_assert_uint_eq(stream_dropped(stream), 1);
    close(client);
    client = follow(0);
    publish("alpha\n");
    expect(client, "alpha\n");
    close(client);
}
END_TEST

START_TEST(streams_stay_at_the_limit_of_connections)
{
    int clients[STREAM_CLIENTS];
    int idle[IDLE];
    for (size_t i = 0; i < STREAM_CLIENTS; i++) {
        clients[i] = follow(0);
    }
    int refused = connect_with(0);
    ask(refused, "GET", "/stream");
    char byte;
    ck_assert_int_le(recv(refused, &byte, 1, 0), 0);
    close(refused);
    for (size_t i = 0; i < IDLE; i++) {
        idle[i] = connect_with(0);
        ask(idle[i], "GET", "/");
        expect(idle[i], "first\n");
    }
    ck_assert(!is_open(idle[0]) && is_open(idle[IDLE - 1]));
    publish("alpha\n");
    for (size_t i = 0; i < STREAM_CLIENTS; i++) {
        expect(clients[i], "alpha\n");
        close(clients[i]);
    }
    for (size_t i = 0; i < IDLE; i++) {
        close(idle[i]);
    }
}
END_TEST

START_TEST(a_head_is_no_client)
{
    int client = connect_with(0);
    ask(client, "HEAD", "/stream");
    expect(client, "\r\n\r\n");
    wait_for_clients(0);
    ask(client, "GET", "/");
    expect(client, "first\n");
    close(client);
}
END_TEST

START_TEST(a_stop_ends_streams)
{
    int waiting = follow(0);
    int behind = follow(0);
    publish("alpha\n");
    http_server_stop(server);
    server = NULL;
    expect(waiting, "alpha\n\r\n0\r\n\r\n");
    expect(behind, "alpha\n\r\n0\r\n\r\n");
    close(waiting);
    close(behind);
}
END_TEST

Suite *stream_suite(void);
Suite *stream_suite(void)
{
    Suite *suite = suite_create("stream");
    TCase *tests = tcase_create("stream");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, everyone_gets_what_is_published);
    tcase_add_test(tests, who_does_not_read_is_dropped);
    tcase_add_test(tests, too_much_at_once_drops_all);
    tcase_add_test(tests, streams_stay_at_the_limit_of_connections);
    tcase_add_test(tests, a_head_is_no_client);
    tcase_add_test(tests, a_stop_ends_streams);
    suite_add_tcase(suite, tests);
    return suite;
}
