#include "tests/support/script_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/script_answer.h"
#include "tests/support/script_request.h"

enum { EVENTS_MAX = 256, BACKLOG = 1024 };

/* One is used again after its connection has ended; all are freed when the server is. */
struct conn {
    struct conn *next;  /* of all that there are */
    struct conn *spare; /* of those without a connection */
    TAILQ_ENTRY(conn) waiting_link;
    int fd;            /* -1: no connection */
    uint64_t number;   /* of this connection, from 0 */
    uint64_t requests; /* taken from it so far */

    struct script_input in;

    /* The step of the request that is being answered; NULL: the next request is being read. */
    const struct script_step *step;
    const char *out;
    size_t out_len;
    size_t out_sent;
    bool is_whole;   /* these bytes are a complete answer */
    bool is_waiting; /* in the list of those that wait for wake_ns */
    uint64_t due_ns;
    uint64_t wake_ns; /* due_ns, or the end of the stall */
};

TAILQ_HEAD(conn_list, conn);

struct script_server {
    const struct script *script;
    struct script_answer *answers; /* one a step */
    int listen_fd;
    int stop_fd;
    int epoll_fd;
    uint16_t port;
    pthread_t thread;
    struct conn *conns;
    struct conn *spare;
    struct conn_list waiting; /* sorted, the earliest first */
    uint64_t open;
    struct script_counts counts;
};

static void stop_waiting(struct script_server *server, struct conn *conn)
{
    if (conn->is_waiting) {
        TAILQ_REMOVE(&server->waiting, conn, waiting_link);
        conn->is_waiting = false;
    }
}

/* Most waits of a script are equally long, so the place is nearly always the end. */
static void wait_until(struct script_server *server, struct conn *conn, uint64_t wake_ns)
{
    stop_waiting(server, conn);
    conn->wake_ns = wake_ns;
    conn->is_waiting = true;
    struct conn *before = TAILQ_LAST(&server->waiting, conn_list);
    while (before != NULL && before->wake_ns > wake_ns) {
        before = TAILQ_PREV(before, conn_list, waiting_link);
    }
    if (before == NULL) {
        TAILQ_INSERT_HEAD(&server->waiting, conn, waiting_link);
    } else {
        TAILQ_INSERT_AFTER(&server->waiting, before, conn, waiting_link);
    }
}

static void conn_close(struct script_server *server, struct conn *conn, bool reset)
{
    if (conn->step != NULL && conn->is_whole) {
        server->counts.abandoned++;
    }
    if (reset) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    stop_waiting(server, conn);
    server->open--;
    close(conn->fd);
    conn->fd = -1;
    conn->spare = server->spare;
    server->spare = conn;
}

static bool conn_open(struct script_server *server, int fd)
{
    struct conn *conn = server->spare;
    if (conn != NULL) {
        server->spare = conn->spare;
        *conn = (struct conn){.next = conn->next};
    } else {
        conn = calloc(1, sizeof *conn);
        if (conn == NULL) {
            return false;
        }
        conn->next = server->conns;
        server->conns = conn;
    }
    conn->fd = fd;
    conn->number = server->counts.connections++;
    server->open++;
    if (server->open > server->counts.connections_peak) {
        server->counts.connections_peak = server->open;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = conn};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    return true;
}

static size_t step_index(const struct script *script, uint64_t n)
{
    uint64_t loop = script->step_count - script->loop_from;
    return n < script->step_count ? n : script->loop_from + (n - script->loop_from) % loop;
}

static void begin_answer(struct script_server *server, struct conn *conn)
{
    const struct script *script = server->script;
    struct script_counts *counts = &server->counts;
    const uint64_t numbers[] = {
        [SCRIPT_BY_REQUEST] = counts->requests,
        [SCRIPT_BY_CONNECTION] = conn->number,
        [SCRIPT_BY_REQUEST_OF_CONNECTION] = conn->requests,
    };
    size_t index = step_index(script, numbers[script->order]);
    const struct script_step *step = &script->steps[index];
    const struct script_answer *answer = &server->answers[index];
    uint64_t now = clock_now_ns();

    if (counts->requests == 0 && script->stall_ms != 0) {
        counts->stall_from_ns = now + script->stall_at_ms * NS_PER_MS;
        counts->stall_until_ns = counts->stall_from_ns + script->stall_ms * NS_PER_MS;
    }
    counts->requests++;
    conn->requests++;

    size_t whole = conn->in.is_head ? answer->head_len : answer->len;
    size_t len = whole - (step->missing_bytes < whole ? step->missing_bytes : whole);
    if (step->end != SCRIPT_KEEP && step->cut_at < len) {
        len = step->cut_at;
    }
    conn->step = step;
    conn->out = answer->bytes;
    conn->out_len = len;
    conn->out_sent = 0;
    conn->is_whole = len == whole && step->raw == NULL;
    conn->due_ns = now + step->delay_ms * NS_PER_MS;
    counts->broken += conn->is_whole ? 0 : 1;
}

/* The three below return true to be called again, false when there is nothing to do for now. */

static bool read_request(struct script_server *server, struct conn *conn)
{
    switch (script_request_take(&conn->in)) {
    case SCRIPT_REQUEST_WHOLE:
        begin_answer(server, conn);
        return true;
    case SCRIPT_REQUEST_BAD:
        server->counts.refused++;
        conn_close(server, conn, false);
        return false;
    case SCRIPT_REQUEST_PARTIAL:
        break;
    }
    struct script_input *in = &conn->in;
    ssize_t n = recv(conn->fd, in->bytes + in->len, sizeof in->bytes - in->len, 0);
    if (n > 0) {
        in->len += (size_t)n;
        return true;
    }
    if (n == 0 || errno != EAGAIN) {
        conn_close(server, conn, false);
    }
    return false;
}

static bool end_answer(struct script_server *server, struct conn *conn)
{
    const struct script_step *step = conn->step;
    size_t close_every = server->script->close_every;

    server->counts.answers += conn->is_whole ? 1 : 0;
    conn->is_whole = false;
    if (step->end == SCRIPT_SILENCE) {
        return false;
    }
    conn->step = NULL;
    if (step->end != SCRIPT_KEEP || (close_every != 0 && conn->requests % close_every == 0)) {
        conn_close(server, conn, step->end == SCRIPT_RESET);
        return false;
    }
    return true;
}

static bool send_answer(struct script_server *server, struct conn *conn)
{
    const struct script_counts *counts = &server->counts;
    uint64_t now = clock_now_ns();
    uint64_t wake = conn->due_ns;
    if (now >= counts->stall_from_ns && wake < counts->stall_until_ns) {
        wake = counts->stall_until_ns;
    }
    if (now < wake) {
        wait_until(server, conn, wake);
        return false;
    }
    if (conn->out_sent == conn->out_len) {
        return end_answer(server, conn);
    }
    uint64_t pause_ns = conn->step->pause_ms * NS_PER_MS;
    size_t left = conn->out_len - conn->out_sent;
    ssize_t n = send(conn->fd, conn->out + conn->out_sent, pause_ns != 0 ? 1 : left, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN) {
            conn_close(server, conn, false);
        }
        return false;
    }
    conn->out_sent += (size_t)n;
    if (conn->out_sent < conn->out_len && pause_ns != 0) {
        conn->due_ns = clock_now_ns() + pause_ns;
    }
    return true;
}

static void advance(struct script_server *server, struct conn *conn)
{
    while (conn->step == NULL ? read_request(server, conn) : send_answer(server, conn)) {
    }
}

static void accept_all(struct script_server *server)
{
    int fd;
    while ((fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!conn_open(server, fd)) {
            close(fd);
        }
    }
}

static void handle(struct script_server *server, const struct epoll_event *event)
{
    struct conn *conn = event->data.ptr;
    if (conn == NULL) {
        accept_all(server);
    } else if (conn->step != NULL && (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        conn_close(server, conn, false);
    } else {
        advance(server, conn);
    }
}

static int next_events(struct script_server *server, struct epoll_event *events)
{
    struct timespec timeout = {0};
    const struct conn *first = TAILQ_FIRST(&server->waiting);
    if (first != NULL) {
        uint64_t now = clock_now_ns();
        uint64_t left = first->wake_ns > now ? first->wake_ns - now : 0;
        timeout.tv_sec = (time_t)(left / NS_PER_S);
        timeout.tv_nsec = (long)(left % NS_PER_S);
    }
    return epoll_pwait2(server->epoll_fd, events, EVENTS_MAX, first == NULL ? NULL : &timeout,
                        NULL);
}

static void *serve(void *arg)
{
    struct script_server *server = arg;
    struct epoll_event events[EVENTS_MAX];

    prctl(PR_SET_TIMERSLACK, 1UL); /* else each wait is 50 us longer than the script says */
    for (;;) {
        int n = next_events(server, events);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == server) { /* the stop */
                return NULL;
            }
            handle(server, &events[i]);
        }
        struct conn *conn = TAILQ_FIRST(&server->waiting);
        while (conn != NULL && conn->wake_ns <= clock_now_ns()) {
            stop_waiting(server, conn);
            advance(server, conn);
            conn = TAILQ_FIRST(&server->waiting);
        }
    }
}

/* What was open is closed first, and is in the counts that are returned. */
static struct script_counts server_destroy(struct script_server *server)
{
    for (struct conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->fd >= 0) {
            conn_close(server, conn, false);
        }
        free(conn);
    }
    struct script_counts counts = server->counts;
    script_answers_destroy(server->answers, server->script);
    const int fds[] = {server->listen_fd, server->stop_fd, server->epoll_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(server);
    return counts;
}

static bool open_sockets(struct script_server *server, struct err *err)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t addr_len = sizeof addr;
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event connections = {.events = EPOLLIN, .data.ptr = NULL};
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = server};
    if (bind(server->listen_fd, (struct sockaddr *)&addr, sizeof addr) < 0 ||
        listen(server->listen_fd, BACKLOG) < 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&addr, &addr_len) < 0 ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->listen_fd, &connections) < 0 ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->stop_fd, &stop) < 0) {
        return err_set(err, ERR_FAILED, "script: listening on 127.0.0.1: %s", strerror(errno));
    }
    server->port = ntohs(addr.sin_port);
    return true;
}

static bool start_thread(struct script_server *server, struct err *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&server->thread, NULL, serve, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 || err_set(err, ERR_FAILED, "script: thread: %s", strerror(failed));
}

struct script_server *script_server_start(const struct script *script, struct err *err)
{
    struct script_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        err_set(err, ERR_FAILED, "script: no memory");
        return NULL;
    }
    server->script = script;
    server->listen_fd = server->stop_fd = server->epoll_fd = -1;
    TAILQ_INIT(&server->waiting);
    server->answers = script_answers_create(script, err);
    if (server->answers == NULL || !open_sockets(server, err) || !start_thread(server, err)) {
        server_destroy(server);
        return NULL;
    }
    return server;
}

uint16_t script_server_port(const struct script_server *server)
{
    return server->port;
}

struct script_counts script_server_stop(struct script_server *server)
{
    eventfd_write(server->stop_fd, 1);
    pthread_join(server->thread, NULL);
    return server_destroy(server);
}
