#include "loadgen/http/engine_h1.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/http/h1_conn.h"
#include "loadgen/http/hop.h"
#include "loadgen/http/outgoing.h"
#include "loadgen/http/redirect.h"
#include "loadgen/http/route.h"

enum {
    RECEIVE_BYTES = 65536,
    READS_MAX = 16, /* of one connection at a time */
};

_Static_assert((int)RECEIVE_BYTES >= (int)HOP_BYTES_MAX, "hops are made in the buffer for answers");

struct h1 {
    struct engine engine; /* first member: an engine is cast to its h1 */
    struct engine_config config;
    struct loop *loop;
    engine_done_fn *done;
    void *owner;
    struct conns conns;
    uint64_t changes; /* the resolver's, as of the last look at idle connections */
    char receive[RECEIVE_BYTES];
    char scratch[OUTGOING_SCRATCH];
};

static struct h1 *h1_of(struct engine *engine)
{
    return (struct h1 *)engine;
}

/* The end of an exchange. */

/* May the connection carry another exchange, now that its answer is complete? */
static bool is_kept(const struct conn *conn, bool is_clean)
{
    const struct engine_config *config = &conn->h1->config;
    return is_clean && config->keepalive && conn->written == conn->length &&
           answer_keeps_alive(&conn->answer);
}

/* The conn, which is in no list any more, waits for its next exchange or is closed. */
static void put_away(struct conn *conn, bool keep)
{
    struct h1 *h1 = conn->h1;
    if (keep && h1->conns.pools[conn->endpoint].idle_count < h1->config.max_idle &&
        !peer_is_surplus(conn->peer)) {
        conns_push_idle(&h1->conns, conn);
    } else {
        conns_release(&h1->conns, conn);
    }
}

/* Hands the exchange to the owner, who may at once start the next one on this very conn. */
static void complete(struct conn *conn, bool keep)
{
    struct h1 *h1 = conn->h1;
    conns_remove_flight(&h1->conns, conn);
    put_away(conn, keep);
    h1->done(h1->owner, &conn->exchange);
}

static void begin_connecting(struct conn *conn);

/* Ends a try. What happened may be the race of a reused connection: then another try follows. */
static void fail(struct conn *conn, enum outcome outcome, int system_error)
{
    struct exchange *x = &conn->exchange;
    bool is_race = conn->is_reused && x->first_byte_ns == 0 &&
                   (outcome == OUTCOME_RESET || outcome == OUTCOME_CLOSED);
    if (is_race && (conn->request->is_repeatable || conn->written == 0)) {
        x->retries++;
        x->sent_ns = 0; /* what was sent before counts as connecting */
        x->bytes_out = 0;
        conn_close_socket(conn);
        begin_connecting(conn);
        return;
    }
    x->done_ns = clock_now_ns();
    x->outcome = outcome;
    x->system_error = system_error;
    complete(conn, false);
}

__attribute__((format(printf, 2, 3))) static void fail_protocol(struct conn *conn,
                                                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(conn->exchange.reason, sizeof conn->exchange.reason, format, args);
    va_end(args);
    conn->exchange.code = 0;
    fail(conn, OUTCOME_PROTOCOL, 0);
}

static void follow(struct conn *conn, bool keep);

static void answered(struct conn *conn, uint64_t done_ns, bool is_clean)
{
    struct exchange *x = &conn->exchange;
    bool keep = is_kept(conn, is_clean);
    x->code = answer_code(&conn->answer);
    if (redirect_is_one(x->code) && conn->h1->config.max_redirects >= 0) {
        follow(conn, keep);
        return;
    }
    x->done_ns = done_ns;
    x->outcome = OUTCOME_ANSWERED;
    x->bytes_in = conn->answer.body_bytes;
    x->capture = conn->answer.capture;
    complete(conn, keep);
}

/* Receiving. */

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
    fail_protocol(conn, "malformed HTTP response: %s", answer_problem(&conn->answer));
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

/*
 * Reads what is there, or a good part of it when it is much: timers and other connections wait
 * meanwhile. Returns true while the same try goes on.
 */
static bool receive(struct conn *conn, bool is_closing)
{
    struct h1 *h1 = conn->h1;
    for (unsigned reads = 0; reads < READS_MAX;) {
        ssize_t n = recv(conn->watch.fd, h1->receive, sizeof h1->receive, 0);
        uint64_t now_ns = clock_now_ns();
        if (n > 0) {
            if (!take_bytes(conn, (size_t)n, now_ns, is_closing)) {
                return false;
            }
            if ((size_t)n < sizeof h1->receive && !is_closing) {
                return true; /* drained: what comes later is a new edge */
            }
            reads++;
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
    loop_again(h1->loop, &conn->watch, is_closing ? EPOLLIN | EPOLLRDHUP : EPOLLIN);
    return true;
}

/* Sending. */

/* Sends what the kernel will take. Returns true while the same try goes on. */
static bool send_rest(struct conn *conn)
{
    struct h1 *h1 = conn->h1;
    ssize_t n = outgoing_send(conn->watch.fd, conn->request, conn->exchange.number, conn->written,
                              h1->scratch, &conn->length);
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
    if (conn->written == conn->length) {
        conn->exchange.bytes_out = conn->request->body_length;
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
    struct capture *capture = NULL;
    if (conn->h1->config.keeps_answers) {
        capture = &conn->capture;
        capture_begin(capture, conn->h1->config.max_body);
    }
    answer_begin(&conn->answer, conn->request->is_head, x->reason, sizeof x->reason, capture);
    return send_rest(conn);
}

/* Connecting. */

/* The connection was not made: it is tried with another family, or that was it. */
static void fail_connecting(struct conn *conn, int system_error)
{
    if (peer_lost(conn->peer)) {
        conn_close_socket(conn);
        begin_connecting(conn);
    } else {
        fail(conn, OUTCOME_CONNECT, system_error);
    }
}

static bool bind_local(const struct conn *conn)
{
    const struct address *local = &conn->h1->config.local;
    int on = 1;
    if (local->length == 0 || conn->peer->address.socket.any.sa_family == AF_UNIX) {
        return true;
    }
    /* The port is chosen by connect, which knows the other end: there are more of them then. */
    setsockopt(conn->watch.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bind(conn->watch.fd, &local->socket.any, local->length) == 0;
}

static void connect_to(struct conn *conn, struct peer *peer)
{
    const struct address *address = &peer->address;
    int on = 1;
    conn->peer = peer;
    conn->exchange.address = address->number;
    conn->state = CONN_CONNECTING;
    conn->watch.fd =
        socket(address->socket.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->watch.fd < 0) {
        int problem = errno;
        if (problem == EAFNOSUPPORT) {
            fail_connecting(conn, problem);
        } else {
            fail(conn, OUTCOME_CONNECT, problem); /* that is our own limit, not the peer's */
        }
        return;
    }
    setsockopt(conn->watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* no-op on unix */
    if (!bind_local(conn) ||
        (connect(conn->watch.fd, &address->socket.any, address->length) < 0 &&
         errno != EINPROGRESS) ||
        !loop_add(conn->h1->loop, &conn->watch)) {
        fail_connecting(conn, errno);
    }
}

static void fail_resolving(struct conn *conn)
{
    const struct place *place = conn->h1->conns.pools[conn->endpoint].place;
    snprintf(conn->exchange.reason, sizeof conn->exchange.reason, "%s", resolver_problem(place));
    fail(conn, OUTCOME_DNS, 0);
}

static void on_answer(struct resolver_wait *wait, struct peer *peer)
{
    struct conn *conn = (struct conn *)((char *)wait - offsetof(struct conn, wait));
    if (peer) {
        connect_to(conn, peer);
    } else {
        fail_resolving(conn);
    }
}

static void begin_connecting(struct conn *conn)
{
    struct h1 *h1 = conn->h1;
    struct peer *peer = NULL;
    conn->state = CONN_RESOLVING;
    conn->is_reused = false;
    conn->written = 0;
    conn->exchange.address = ADDRESS_NONE;
    conn->wait.on_answer = on_answer;
    switch (resolver_next(h1->conns.pools[conn->endpoint].place, &conn->wait, &peer)) {
    case LOOKUP_DONE:
        connect_to(conn, peer);
        break;
    case LOOKUP_FAILED:
        fail_resolving(conn);
        break;
    case LOOKUP_WAITS:
        break;
    }
}

/* Returns true when the try has begun and goes on. */
static bool finish_connecting(struct conn *conn)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(conn->watch.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) {
        fail_connecting(conn, problem);
        return false;
    }
    peer_made(conn->peer);
    return begin_try(conn, clock_now_ns());
}

/* The exchange has no time left, whatever it waits for. */
static void time_out(struct conn *conn)
{
    switch (conn->state) {
    case CONN_RESOLVING:
        resolver_cancel(&conn->wait);
        fail_resolving(conn);
        break;
    case CONN_CONNECTING:
        peer_lost(conn->peer);
        fail(conn, OUTCOME_TIMED_OUT, 0);
        break;
    default:
        fail(conn, OUTCOME_TIMED_OUT, 0);
        break;
    }
}

/* Sends the conn's request on its connection, or on one that is made for it. */
static void begin(struct conn *conn, uint64_t now_ns)
{
    if (conn->state == CONN_FREE) {
        begin_connecting(conn);
    } else {
        conn->exchange.address = conn->peer->address.number;
        begin_try(conn, now_ns);
    }
}

/* Following. */

/*
 * The conn that carries the next hop: this one, an idle one, or a new one, in the same place of the
 * queue. NULL: no memory, and nothing has changed.
 */
static struct conn *move(struct conn *conn, uint32_t endpoint, bool keep)
{
    struct conns *conns = &conn->h1->conns;
    struct conn *next = keep && endpoint == conn->endpoint ? conn : conns_take(conns, endpoint);
    if (next && !next->hop_bytes) {
        next->hop_bytes = malloc(HOP_BYTES_MAX);
    }
    if (!next || !next->hop_bytes) {
        if (next && next != conn) {
            conns_release(conns, next);
        }
        return NULL;
    }
    if (next != conn) {
        next->exchange = conn->exchange;
        next->watch.on_ready = conn->watch.on_ready;
        conns_replace_flight(conns, conn, next);
        put_away(conn, keep);
    }
    return next;
}

/* Sends the hop on a connection that is in flight with its exchange. */
static void begin_hop(struct conn *conn, const struct redirect *hop)
{
    memcpy(conn->hop_bytes, hop->request.bytes, hop->request.length);
    conn->hop = hop->request;
    conn->hop.bytes = conn->hop_bytes;
    conn->request = &conn->hop;
    conn->is_reused = conn->state != CONN_FREE;
    hop_begin(&conn->exchange);
    begin(conn, clock_now_ns());
}

/* Another engine goes on with the exchange. */
static void give_up(struct conn *conn, const struct redirect *hop, bool keep)
{
    struct h1 *h1 = conn->h1;
    struct exchange so_far = conn->exchange;
    conns_remove_flight(&h1->conns, conn);
    put_away(conn, keep);
    h1->config.hand_over(h1->config.hand_over_context, &so_far, hop);
}

static void follow(struct conn *conn, bool keep)
{
    struct h1 *h1 = conn->h1;
    struct exchange *x = &conn->exchange;
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    uint32_t endpoint = conn->endpoint;
    /* The answer has been read, so its buffer is free. */
    if (!hop_make(&h1->config, x, conn->request, false, answer_location(&conn->answer), h1->receive,
                  bytes, &hop)) {
        x->code = 0;
        fail(conn, OUTCOME_PROTOCOL, 0);
        return;
    }
    if (hop.host[0] && h1->config.hand_over &&
        route_to(&h1->config, hop.is_https, hop.host, hop.port) != &engine_h1) {
        give_up(conn, &hop, keep);
        return;
    }
    if (hop.is_https ||
        (hop.host[0] && !conns_find_endpoint(&h1->conns, hop.host, hop.port, &endpoint))) {
        fail_protocol(conn, "redirected to %.40s, after %d other hosts", hop.host,
                      CONNS_REDIRECTED_MAX);
        return;
    }
    struct conn *next = move(conn, endpoint, keep);
    if (!next) {
        fail_protocol(conn, "not enough memory for a redirect");
        return;
    }
    begin_hop(next, &hop);
}

/* Events. */

/* An idle connection may only be closed by its peer; bytes that nobody asked for end it as well. */
static void check_idle(struct conn *conn)
{
    char byte = 0;
    ssize_t n = recv(conn->watch.fd, &byte, 1, MSG_PEEK);
    if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
        conns_drop_idle(&conn->h1->conns, conn);
    }
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    struct conn *conn = (struct conn *)watch;
    bool goes_on = true;
    switch (conn->state) {
    case CONN_FREE: /* closed earlier in this batch of events */
    case CONN_RESOLVING:
        return;
    case CONN_IDLE:
        check_idle(conn);
        return;
    case CONN_CONNECTING:
        goes_on = finish_connecting(conn);
        break;
    case CONN_BUSY:
        if ((events & EPOLLOUT) && conn->written < conn->length) {
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
    const struct h1 *h1 = h1_of(engine);
    const struct pool *pool = &h1->conns.pools[endpoint];
    return pool->idle || pool->open < h1->config.max_connections;
}

static void h1_start(struct engine *engine, const struct request *request, uint64_t number,
                     uint64_t intended_ns, uint64_t wait_ns, uint64_t started_ns)
{
    struct h1 *h1 = h1_of(engine);
    struct conn *conn = conns_take(&h1->conns, request->endpoint);
    struct exchange lost;
    struct exchange *x = conn ? &conn->exchange : &lost;
    memset(x, 0, offsetof(struct exchange, reason));
    x->request = request;
    x->number = number;
    x->intended_ns = intended_ns;
    x->wait_ns = wait_ns;
    x->started_ns = started_ns;
    x->address = ADDRESS_NONE;
    x->reason[0] = '\0';
    if (!conn) {
        x->done_ns = clock_now_ns();
        x->outcome = OUTCOME_CONNECT;
        x->system_error = ENOMEM;
        h1->done(h1->owner, x);
        return;
    }
    conn->request = request;
    conn->watch.on_ready = on_ready;
    conns_push_flight(&h1->conns, conn);
    begin(conn, started_ns); /* on an open connection nothing lies between: one moment is both */
}

static void h1_resume(struct engine *engine, const struct exchange *so_far,
                      const struct redirect *hop)
{
    struct h1 *h1 = h1_of(engine);
    struct exchange exchange = *so_far;
    uint32_t endpoint = 0;
    struct conn *conn = NULL;
    if (!conns_find_endpoint(&h1->conns, hop->host, hop->port, &endpoint)) {
        snprintf(exchange.reason, sizeof exchange.reason,
                 "redirected to %.40s, after %d other hosts", hop->host, CONNS_REDIRECTED_MAX);
    } else {
        conn = conns_take(&h1->conns, endpoint);
        snprintf(exchange.reason, sizeof exchange.reason, "not enough memory for a redirect");
    }
    if (conn && !conn->hop_bytes && !(conn->hop_bytes = malloc(HOP_BYTES_MAX))) {
        conns_release(&h1->conns, conn);
        conn = NULL;
    }
    if (!conn) {
        exchange.code = 0;
        exchange.done_ns = clock_now_ns();
        exchange.outcome = OUTCOME_PROTOCOL;
        h1->done(h1->owner, &exchange);
        return;
    }
    conn->exchange = *so_far;
    conn->watch.on_ready = on_ready;
    conns_insert_flight(&h1->conns, conn);
    begin_hop(conn, hop);
}

static uint64_t h1_next_deadline_ns(struct engine *engine)
{
    const struct h1 *h1 = h1_of(engine);
    if (!h1->conns.oldest || h1->config.timeout_ns == 0) {
        return UINT64_MAX;
    }
    return h1->conns.oldest->exchange.started_ns + h1->config.timeout_ns;
}

static void h1_expire(struct engine *engine, uint64_t now_ns)
{
    struct h1 *h1 = h1_of(engine);
    while (h1_next_deadline_ns(engine) <= now_ns) {
        time_out(h1->conns.oldest);
    }
    uint64_t changes = resolver_changes(h1->config.resolver);
    if (changes != h1->changes) {
        h1->changes = changes;
        conns_drop_surplus(&h1->conns);
    }
}

static void h1_abandon(struct engine *engine)
{
    struct h1 *h1 = h1_of(engine);
    while (h1->conns.oldest) {
        time_out(h1->conns.oldest);
    }
}

static void h1_destroy(struct engine *engine)
{
    if (engine) {
        struct h1 *h1 = h1_of(engine);
        assert(!h1->conns.oldest);
        conns_fini(&h1->conns);
        free(h1);
    }
}

static struct engine *h1_create(const struct engine_config *config, struct loop *loop,
                                engine_done_fn *done, void *owner, struct err *err)
{
    struct h1 *h1 = calloc(1, sizeof *h1);
    if (h1) {
        h1->config = *config;
    }
    if (!h1 || !conns_init(&h1->conns, h1, &h1->config)) {
        h1_destroy(h1 ? &h1->engine : NULL);
        err_set(err, ERR_FAILED, "not enough memory for connections");
        return NULL;
    }
    h1->engine.type = &engine_h1;
    h1->loop = loop;
    h1->done = done;
    h1->owner = owner;
    return &h1->engine;
}

const struct engine_type engine_h1 = {
    .name = "h1",
    .create = h1_create,
    .destroy = h1_destroy,
    .has_room = h1_has_room,
    .start = h1_start,
    .resume = h1_resume,
    .next_deadline_ns = h1_next_deadline_ns,
    .expire = h1_expire,
    .abandon = h1_abandon,
};
