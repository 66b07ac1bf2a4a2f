#include "loadgen/http/engine_h1.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/http/answer.h"

enum {
    RECEIVE_BYTES = 65536,
    SLAB_CONNS = 256,
};

enum conn_state {
    CONN_FREE,       /* no socket; in the free list */
    CONN_CONNECTING, /* an exchange waits for the connection to be made */
    CONN_BUSY,       /* sending, receiving, or both */
    CONN_IDLE,       /* connected, no exchange; in the pool of its endpoint */
};

struct conn {
    struct loop_watch watch; /* first member: the loop's callback finds the conn by it */
    struct h1 *h1;
    struct conn *next; /* in the free list, an idle pool, or the queue of what is in flight */
    struct conn *prev;
    size_t written; /* bytes of the request that the kernel has taken */
    uint32_t endpoint;
    enum conn_state state;
    bool is_reused; /* carried a complete exchange before this one */
    struct exchange exchange;
    struct answer answer;
};

struct pool {
    struct conn *idle; /* the last one used comes first; linked both ways */
    uint64_t open;     /* idle or not */
};

struct slab {
    struct slab *next;
    struct conn conns[SLAB_CONNS];
};

struct h1 {
    struct engine engine; /* first member: an engine is cast to its h1 */
    struct engine_config config;
    struct loop *loop;
    engine_done_fn *done;
    void *owner;
    struct conn *oldest; /* in flight, in the order of their starts: the oldest times out first */
    struct conn *newest;
    struct conn *free;
    struct slab *slabs;
    struct pool *pools; /* one an endpoint */
    char receive[RECEIVE_BYTES];
};

static struct h1 *h1_of(struct engine *engine)
{
    return (struct h1 *)engine;
}

/* Connections and where they wait. */

static bool add_slab(struct h1 *h1)
{
    struct slab *slab = calloc(1, sizeof *slab);
    if (!slab) {
        return false;
    }
    slab->next = h1->slabs;
    h1->slabs = slab;
    for (size_t i = 0; i < SLAB_CONNS; i++) {
        slab->conns[i].h1 = h1;
        slab->conns[i].next = h1->free;
        h1->free = &slab->conns[i];
    }
    return true;
}

static void push_idle(struct conn *conn)
{
    struct pool *pool = &conn->h1->pools[conn->endpoint];
    conn->state = CONN_IDLE;
    conn->prev = NULL;
    conn->next = pool->idle;
    if (pool->idle) {
        pool->idle->prev = conn;
    }
    pool->idle = conn;
}

static void remove_idle(struct conn *conn)
{
    struct pool *pool = &conn->h1->pools[conn->endpoint];
    if (conn->prev) {
        conn->prev->next = conn->next;
    } else {
        pool->idle = conn->next;
    }
    if (conn->next) {
        conn->next->prev = conn->prev;
    }
}

static void push_flight(struct conn *conn)
{
    struct h1 *h1 = conn->h1;
    conn->next = NULL;
    conn->prev = h1->newest;
    if (h1->newest) {
        h1->newest->next = conn;
    } else {
        h1->oldest = conn;
    }
    h1->newest = conn;
}

static void remove_flight(struct conn *conn)
{
    struct h1 *h1 = conn->h1;
    if (conn->prev) {
        conn->prev->next = conn->next;
    } else {
        h1->oldest = conn->next;
    }
    if (conn->next) {
        conn->next->prev = conn->prev;
    } else {
        h1->newest = conn->prev;
    }
}

/* Closes the socket; the conn itself stays whose it is. */
static void close_socket(struct conn *conn)
{
    if (conn->watch.fd >= 0) {
        close(conn->watch.fd);
        conn->watch.fd = -1;
    }
}

static void release(struct conn *conn)
{
    close_socket(conn);
    conn->h1->pools[conn->endpoint].open--;
    conn->state = CONN_FREE;
    conn->next = conn->h1->free;
    conn->h1->free = conn;
}

/* The life of an exchange. */

/* Hands the exchange to the owner, who may at once start the next one on this very conn. */
static void complete(struct conn *conn, bool keep)
{
    struct h1 *h1 = conn->h1;
    remove_flight(conn);
    if (keep) {
        conn->is_reused = true;
        push_idle(conn);
    } else {
        release(conn);
    }
    h1->done(h1->owner, &conn->exchange);
}

static void begin_connecting(struct conn *conn);

/* Ends a try. What happened may be the race of a reused connection: then another try follows. */
static void fail(struct conn *conn, enum outcome outcome, int system_error)
{
    struct exchange *x = &conn->exchange;
    bool is_race = conn->is_reused && x->first_byte_ns == 0 &&
                   (outcome == OUTCOME_RESET || outcome == OUTCOME_CLOSED);
    if (is_race && (x->request->is_repeatable || conn->written == 0)) {
        x->retries++;
        x->sent_ns = 0; /* what was sent before counts as connecting */
        x->bytes_out = 0;
        close_socket(conn);
        begin_connecting(conn);
        return;
    }
    x->done_ns = clock_now_ns();
    x->outcome = outcome;
    x->system_error = system_error;
    if (outcome == OUTCOME_PROTOCOL) {
        snprintf(x->reason, sizeof x->reason, "%s", answer_problem(&conn->answer));
    }
    complete(conn, false);
}

static void answered(struct conn *conn, uint64_t done_ns, bool keep)
{
    struct exchange *x = &conn->exchange;
    x->done_ns = done_ns;
    x->outcome = OUTCOME_ANSWERED;
    x->code = answer_code(&conn->answer);
    x->bytes_in = conn->answer.body_bytes;
    complete(conn, keep && conn->written == x->request->length && conn->h1->config.keepalive &&
                       answer_keeps_alive(&conn->answer));
}

/* What recv brought is there to be read. Returns true while the same try goes on. */
static bool take_bytes(struct conn *conn, size_t length, uint64_t now_ns, bool is_closing)
{
    struct exchange *x = &conn->exchange;
    if (x->first_byte_ns == 0) {
        x->first_byte_ns = now_ns;
    }
    size_t used = 0;
    switch (answer_feed(&conn->answer, conn->h1->receive, length, &used)) {
    case ANSWER_MORE:
        return true;
    case ANSWER_COMPLETE:
        answered(conn, now_ns, used == length && !is_closing);
        return false;
    case ANSWER_BROKEN:
        break;
    }
    fail(conn, OUTCOME_PROTOCOL, 0);
    return false;
}

static void take_end(struct conn *conn, uint64_t now_ns)
{
    if (conn->exchange.first_byte_ns != 0 && answer_finish(&conn->answer) == ANSWER_COMPLETE) {
        answered(conn, now_ns, false);
    } else {
        fail(conn, OUTCOME_CLOSED, 0);
    }
}

/* Reads what is there. Returns true while the same try goes on. */
static bool receive(struct conn *conn, bool is_closing)
{
    struct h1 *h1 = conn->h1;
    for (;;) {
        ssize_t n = recv(conn->watch.fd, h1->receive, sizeof h1->receive, 0);
        uint64_t now_ns = clock_now_ns();
        if (n > 0) {
            if (!take_bytes(conn, (size_t)n, now_ns, is_closing)) {
                return false;
            }
            if ((size_t)n < sizeof h1->receive && !is_closing) {
                return true; /* drained: what comes later is a new edge */
            }
        } else if (n == 0) {
            take_end(conn, now_ns);
            return false;
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno != EINTR) {
            fail(conn, OUTCOME_RESET, errno);
            return false;
        }
    }
}

/* Sends what the kernel will take. Returns true while the same try goes on. */
static bool send_rest(struct conn *conn)
{
    struct exchange *x = &conn->exchange;
    const struct request *request = x->request;
    ssize_t n = 0;
    do {
        n = send(conn->watch.fd, request->bytes + conn->written, request->length - conn->written,
                 MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        int problem = errno;
        if (problem == EAGAIN) {
            return true;
        }
        /* A server that refuses a body answers and closes while we still send: hear it out. */
        if (receive(conn, true)) {
            fail(conn, OUTCOME_RESET, problem);
        }
        return false;
    }
    conn->written += (size_t)n;
    if (conn->written == request->length) {
        x->bytes_out = request->body_length;
    }
    return true;
}

/*
 * The connection is there: the try begins. sent_ns was read from the clock just now. Returns true
 * while it goes on.
 */
static bool begin_try(struct conn *conn, uint64_t sent_ns)
{
    struct exchange *x = &conn->exchange;
    conn->state = CONN_BUSY;
    conn->written = 0;
    x->sent_ns = sent_ns;
    answer_begin(&conn->answer, x->request->is_head, x->reason, sizeof x->reason);
    return send_rest(conn);
}

static void begin_connecting(struct conn *conn)
{
    struct h1 *h1 = conn->h1;
    const struct address *address = &h1->config.addresses[conn->endpoint];
    conn->state = CONN_CONNECTING;
    conn->is_reused = false;
    conn->watch.fd =
        socket(address->socket.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->watch.fd < 0) {
        fail(conn, OUTCOME_CONNECT, errno);
        return;
    }
    int on = 1;
    setsockopt(conn->watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if ((connect(conn->watch.fd, &address->socket.any, address->length) < 0 &&
         errno != EINPROGRESS) ||
        !loop_add(h1->loop, &conn->watch)) {
        fail(conn, OUTCOME_CONNECT, errno);
    }
}

/* Returns true when the try has begun and goes on. */
static bool finish_connecting(struct conn *conn)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(conn->watch.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) {
        fail(conn, OUTCOME_CONNECT, problem);
        return false;
    }
    return begin_try(conn, clock_now_ns());
}

/* An idle connection may only be closed by its peer; bytes that nobody asked for end it as well. */
static void check_idle(struct conn *conn)
{
    char byte = 0;
    ssize_t n = recv(conn->watch.fd, &byte, 1, MSG_PEEK);
    if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
        remove_idle(conn);
        release(conn);
    }
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    struct conn *conn = (struct conn *)watch;
    bool goes_on = true;
    switch (conn->state) {
    case CONN_FREE: /* closed earlier in this batch of events */
        return;
    case CONN_IDLE:
        check_idle(conn);
        return;
    case CONN_CONNECTING:
        goes_on = finish_connecting(conn);
        break;
    case CONN_BUSY:
        if ((events & EPOLLOUT) && conn->written < conn->exchange.request->length) {
            goes_on = send_rest(conn);
        }
        break;
    }
    /* A peer that closes at once is heard of in the same event as the connection, and only there.
     */
    if (goes_on && (events & ~(uint32_t)EPOLLOUT)) {
        receive(conn, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    }
}

/* The engine's contract. */

static bool h1_has_room(struct engine *engine, uint32_t endpoint)
{
    const struct pool *pool = &h1_of(engine)->pools[endpoint];
    return pool->idle || pool->open < h1_of(engine)->config.max_connections;
}

static void h1_start(struct engine *engine, const struct request *request, uint64_t number,
                     uint64_t intended_ns, uint64_t wait_ns, uint64_t started_ns)
{
    struct h1 *h1 = h1_of(engine);
    struct pool *pool = &h1->pools[request->endpoint];
    struct conn *conn = pool->idle;
    bool has_connection = conn != NULL;
    struct exchange exchange = {
        .request = request,
        .number = number,
        .intended_ns = intended_ns,
        .wait_ns = wait_ns,
        .started_ns = started_ns,
    };
    if (has_connection) {
        remove_idle(conn);
    } else if (h1->free || add_slab(h1)) {
        conn = h1->free;
        h1->free = conn->next;
        conn->endpoint = request->endpoint;
        conn->watch.on_ready = on_ready;
        conn->written = 0;
        pool->open++;
    } else {
        exchange.done_ns = clock_now_ns();
        exchange.outcome = OUTCOME_CONNECT;
        exchange.system_error = ENOMEM;
        h1->done(h1->owner, &exchange);
        return;
    }
    conn->exchange = exchange;
    push_flight(conn);
    if (has_connection) {
        begin_try(conn, started_ns); /* nothing lies between: one moment is both */
    } else {
        begin_connecting(conn);
    }
}

static uint64_t h1_next_deadline_ns(struct engine *engine)
{
    const struct h1 *h1 = h1_of(engine);
    if (!h1->oldest || h1->config.timeout_ns == 0) {
        return UINT64_MAX;
    }
    return h1->oldest->exchange.started_ns + h1->config.timeout_ns;
}

static void h1_expire(struct engine *engine, uint64_t now_ns)
{
    while (h1_next_deadline_ns(engine) <= now_ns) {
        fail(h1_of(engine)->oldest, OUTCOME_TIMED_OUT, 0);
    }
}

static void h1_abandon(struct engine *engine)
{
    struct h1 *h1 = h1_of(engine);
    while (h1->oldest) {
        fail(h1->oldest, OUTCOME_TIMED_OUT, 0);
    }
}

static void h1_destroy(struct engine *engine)
{
    if (!engine) {
        return;
    }
    struct h1 *h1 = h1_of(engine);
    assert(!h1->oldest);
    for (size_t i = 0; h1->pools && i < h1->config.endpoint_count; i++) {
        while (h1->pools[i].idle) {
            struct conn *conn = h1->pools[i].idle;
            remove_idle(conn);
            release(conn);
        }
    }
    while (h1->slabs) {
        struct slab *slab = h1->slabs;
        h1->slabs = slab->next;
        free(slab);
    }
    free(h1->pools);
    free(h1);
}

static struct engine *h1_create(const struct engine_config *config, struct loop *loop,
                                engine_done_fn *done, void *owner, struct err *err)
{
    struct h1 *h1 = calloc(1, sizeof *h1);
    if (h1) {
        h1->engine.type = &engine_h1;
        h1->config = *config;
        h1->loop = loop;
        h1->done = done;
        h1->owner = owner;
        h1->pools = calloc(config->endpoint_count, sizeof *h1->pools);
    }
    if (!h1 || !h1->pools || !add_slab(h1)) {
        h1_destroy(h1 ? &h1->engine : NULL);
        err_set(err, ERR_FAILED, "not enough memory for connections");
        return NULL;
    }
    return &h1->engine;
}

const struct engine_type engine_h1 = {
    .name = "h1",
    .create = h1_create,
    .destroy = h1_destroy,
    .has_room = h1_has_room,
    .start = h1_start,
    .next_deadline_ns = h1_next_deadline_ns,
    .expire = h1_expire,
    .abandon = h1_abandon,
};
