#include "loadgen/null_server/serve.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/least.h"
#include "loadgen/null_server/script.h"

enum { EVENTS_MAX = 256, DELAYED_MAX = 1024, REQUEST_MAX = 4096 };

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 15\r\n"
                             "\r\n"
                             "{\"health\":\"ok\"}";
static const char refusal[] = "HTTP/1.1 503 Service Unavailable\r\n"
                              "Content-Length: 0\r\n"
                              "\r\n";
static const char beginning[] = "HTTP/1.1 200 OK\r\nContent-";

/* An answer that is not due yet. */
struct delayed {
    int fd;
    uint64_t came_ns;
};

struct server {
    int epoll_fd, listen_fd, control_fd;
    bool is_plain; /* the script is empty */
    bool has_stalled;
    struct null_script script;
    struct null_account account;
    uint64_t began_ns;                   /* the script */
    struct delayed delayed[DELAYED_MAX]; /* a ring, in the order in which they are due */
    size_t first, count;
};

static bool watch(const struct server *server, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void accept_all(const struct server *server)
{
    int fd;
    while ((fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(server, fd, EPOLLIN | EPOLLET);
    }
}

/* False if the owner has gone. */
static bool take_script(struct server *server)
{
    static const struct null_script empty;
    struct null_script script;
    if (recv(server->control_fd, &script, sizeof script, 0) != sizeof script ||
        send(server->control_fd, &server->account, sizeof server->account, MSG_NOSIGNAL) < 0) {
        return false;
    }
    server->script = script;
    server->is_plain = memcmp(&script, &empty, sizeof script) == 0;
    server->has_stalled = false;
    server->account = (struct null_account){0};
    server->began_ns = clock_now_ns();
    return true;
}

static void say(int fd, const char *text, size_t length)
{
    send(fd, text, length, MSG_NOSIGNAL);
}

static void delay(struct server *server, int fd)
{
    size_t last = (server->first + server->count) % DELAYED_MAX;
    if (server->count == DELAYED_MAX) {
        say(fd, answer, sizeof answer - 1);
        return;
    }
    server->delayed[last] = (struct delayed){fd, clock_now_ns()};
    server->count++;
}

static bool is_turn(uint64_t number, uint64_t every)
{
    return every > 0 && number % every == 0;
}

static void follow_script(struct server *server, int fd)
{
    uint64_t number = server->account.requests;
    if (is_turn(number, server->script.break_every)) {
        say(fd, beginning, sizeof beginning - 1);
        close(fd);
        server->account.broken++;
    } else if (is_turn(number, server->script.refuse_every)) {
        say(fd, refusal, sizeof refusal - 1);
        server->account.refused++;
    } else if (server->script.delay_ns > 0) {
        delay(server, fd);
    } else {
        say(fd, answer, sizeof answer - 1);
    }
}

/* Edge-triggered without a second recv: the client sends nothing more before it has the answer. */
static void serve_one(struct server *server, int fd)
{
    char request[REQUEST_MAX];
    ssize_t length = recv(fd, request, sizeof request, 0);
    if (length <= 0) {
        close(fd);
    } else if (length >= 4 && memcmp(request + length - 4, "\r\n\r\n", 4) == 0) {
        server->account.requests++;
        if (server->is_plain) {
            say(fd, answer, sizeof answer - 1);
        } else {
            follow_script(server, fd);
        }
    }
}

static void answer_due(struct server *server)
{
    while (server->count > 0) {
        struct delayed next = server->delayed[server->first];
        uint64_t waited_ns = clock_now_ns() - next.came_ns;
        if (waited_ns < server->script.delay_ns) {
            return;
        }
        say(next.fd, answer, sizeof answer - 1);
        server->account.delayed++;
        server->account.delay_ns += waited_ns;
        server->first = (server->first + 1) % DELAYED_MAX;
        server->count--;
    }
}

/* The stall, if its moment has come. */
static void stall(struct server *server)
{
    const struct null_script *script = &server->script;
    uint64_t now_ns = clock_now_ns();
    if (script->stall_at_ns == 0 || server->has_stalled ||
        now_ns < server->began_ns + script->stall_at_ns) {
        return;
    }
    const struct timespec length = {(time_t)(script->stall_ns / NS_PER_S),
                                    (long)(script->stall_ns % NS_PER_S)};
    server->account.stalled_from_ns = clock_wall_ns();
    clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
    server->has_stalled = true;
    server->account.stalled_ns = clock_now_ns() - now_ns;
}

/* Milliseconds until something is due, rounded up; -1: nothing is. */
static int find_timeout(const struct server *server)
{
    uint64_t due_ns = UINT64_MAX;
    if (server->script.stall_at_ns > 0 && !server->has_stalled) {
        due_ns = server->began_ns + server->script.stall_at_ns;
    }
    if (server->count > 0) {
        due_ns = least(due_ns, server->delayed[server->first].came_ns + server->script.delay_ns);
    }
    if (due_ns == UINT64_MAX) {
        return -1;
    }
    uint64_t now_ns = clock_now_ns();
    return due_ns > now_ns ? (int)((due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

/* False if the owner has gone. */
static bool handle(struct server *server, int fd)
{
    if (fd == server->control_fd) {
        return take_script(server);
    }
    if (fd == server->listen_fd) {
        accept_all(server);
    } else {
        serve_one(server, fd);
    }
    return true;
}

void null_serve(int listen_fd, int control_fd)
{
    struct epoll_event events[EVENTS_MAX];
    struct server server = {
        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
        .listen_fd = listen_fd,
        .control_fd = control_fd,
        .is_plain = true,
    };
    bool goes_on = watch(&server, listen_fd, EPOLLIN) && watch(&server, control_fd, EPOLLIN);
    while (goes_on) {
        int n = epoll_wait(server.epoll_fd, events, EVENTS_MAX,
                           server.is_plain ? -1 : find_timeout(&server));
        if (!server.is_plain) {
            stall(&server);
            answer_due(&server);
        }
        for (int i = 0; i < n && goes_on; i++) {
            goes_on = handle(&server, events[i].data.fd);
        }
    }
}
