#include "loadgen/http/engine_h1.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "loadgen/http/h1_conn.h"
#include "loadgen/http/hop.h"
#include "loadgen/http/outgoing.h"
#include "loadgen/http/redirect.h"
#include "loadgen/http/route.h"

enum {
    READS_MAX = 16, /* of one connection at a time */
};

_Static_assert((int)LINK_RECEIVE >= (int)HOP_BYTES_MAX, "hops are made in the buffer for answers");

struct h1 {
    struct engine engine; /* first member: an engine is cast to its h1 */
    struct engine_config config;
    struct loop *loop;
    engine_done_fn *done;
    void *owner;
    struct conns conns;
    uint64_t changes; /* the resolver's, as of the last look at idle connections */
    char receive[LINK_RECEIVE];
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
    if (keep && conn->pool->idle_count < h1->config.max_idle && !peer_is_surplus(conn->link.peer)) {
        conn_push_idle(conn);
    } else {
        conns_release(&h1->conns, conn);
    }
}

/* Hands the exchange to the owner, who may at once start the next one on this very conn. */
static void complete(struct conn *conn, bool keep)
{
    struct h1 *h1 = conn->h1;
    flights_remove(&h1->conns.flights, &conn->flight);
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
        link_close(&conn->link);
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

/* The link broke with this errno. */
static void fail_link(struct conn *conn, int number)
{
    struct exchange *x = &conn->exchange;
    switch (number) {
    case 0:
        fail(conn, OUTCOME_CLOSED, 0);
        break;
    case EPROTO:
        link_problem(&conn->link, x->reason, sizeof x->reason);
        x->code = 0;
        fail(conn, OUTCOME_TLS, 0);
        break;
    default:
        fail(conn, link_is_our_limit(number) ? OUTCOME_CONNECT : OUTCOME_RESET, number);
        break;
    }
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
        answered(conn, now_ns, used == length && !is_closing && !link_has_ended(&conn->link));
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
        ssize_t n = link_receive(&conn->link, h1->receive);
        uint64_t now_ns = clock_now_ns();
        if (n > 0) {
            if (!take_bytes(conn, (size_t)n, now_ns, is_closing)) {
                return false;
            }
            if (conn->link.is_drained && !is_closing) {
                return true;
            }
            reads++;
        } else if (n == 0) {
            take_end(conn, now_ns);
            return false;
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno != EINTR) {
            fail_link(conn, errno);
            return false;
        }
    }
    loop_again(h1->loop, &conn->link.watch, is_closing ? EPOLLIN | EPOLLRDHUP : EPOLLIN);
    return true;
}

/* Sending. */

/* One send, from where the last one ended. As send(2). */
static ssize_t send_some(struct conn *conn)
{
    const struct exchange *x = &conn->exchange;
    char *scratch = conn->h1->scratch;
    if (!conn->link.tls) {
        return outgoing_send(conn->link.watch.fd, conn->request, x->number, conn->written, scratch,
                             &conn->length);
    }
    struct outgoing_piece piece =
        outgoing_piece(conn->request, x->number, conn->written, scratch, &conn->length);
    return link_send(&conn->link, piece.bytes, piece.length);
}

/* Sends what the kernel will take. Returns true while the same try goes on. */
static bool send_rest(struct conn *conn)
{
    do {
        ssize_t n = send_some(conn);
        if (n < 0) {
            int problem = errno;
            if (problem == EAGAIN) {
                return true;
            }
            /* A server that refuses a body answers and closes while we still send: hear it out. */
            if (receive(conn, true)) {
                fail_link(conn, problem);
            }
            return false;
        }
        conn->written += (size_t)n;
    } while (conn->written < conn->length && conn->link.tls);
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
    if (peer_lost(conn->link.peer)) {
        link_close(&conn->link);
        begin_connecting(conn);
    } else {
        fail(conn, OUTCOME_CONNECT, system_error);
    }
}

static void connect_to(struct conn *conn, struct peer *peer)
{
    conn->exchange.address = peer->address.number;
    conn->state = CONN_CONNECTING;
    if (!link_connect(&conn->link, peer)) {
        int problem = errno;
        if (link_is_our_limit(problem)) {
            fail(conn, OUTCOME_CONNECT, problem);
        } else {
            fail_connecting(conn, problem);
        }
    }
}

static void fail_resolving(struct conn *conn)
{
    const struct place *place = conn->pool->origin.place;
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
    struct peer *peer = NULL;
    conn->state = CONN_RESOLVING;
    conn->is_reused = false;
    conn->written = 0;
    conn->exchange.address = ADDRESS_NONE;
    conn->wait.on_answer = on_answer;
    switch (resolver_next(conn->pool->origin.place, &conn->wait, &peer)) {
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

/* TLS is as far as it says. Returns true when the try has begun and goes on. */
static bool finish_securing(struct conn *conn, enum link_step step)
{
    switch (step) {
    case LINK_DONE:
        return begin_try(conn, clock_now_ns());
    case LINK_WAITS:
        break;
    case LINK_BROKEN:
        fail_link(conn, errno);
        break;
    }
    return false;
}

/* Returns true when the try has begun and goes on. */
static bool finish_connecting(struct conn *conn)
{
    int problem = link_connected(&conn->link);
    if (problem) {
        fail_connecting(conn, problem);
        return false;
    }
    peer_made(conn->link.peer);
    if (conn->pool->origin.is_https) {
        conn->state = CONN_SECURING;
        return finish_securing(conn, link_secure(&conn->link, &conn->pool->origin.secure, false));
    }
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
        peer_lost(conn->link.peer);
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
        conn->exchange.address = conn->link.peer->address.number;
        begin_try(conn, now_ns);
    }
}

/* Following. */

/*
 * The conn that carries the next hop: this one, an idle one, or a new one, in the same place of the
 * queue. NULL: no memory, and nothing has changed.
 */
static struct conn *move(struct conn *conn, struct pool *pool, bool keep)
{
    struct conns *conns = &conn->h1->conns;
    struct conn *next = keep && pool == conn->pool ? conn : conns_take(conns, pool);
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
        next->link.watch.on_ready = conn->link.watch.on_ready;
        flights_remove(&conns->flights, &conn->flight);
        flights_add(&conns->flights, &next->flight, next->exchange.started_ns);
        put_away(conn, keep);
    }
    return next;
}

/* The conn, which is in flight with its exchange, sends the hop. */
static void begin_hop(struct conn *conn, const struct redirect *hop)
{
    memcpy(conn->hop_bytes, hop->request.bytes, hop->request.length);
    conn->hop = hop->request;
    conn->hop.bytes = conn->hop_bytes;
    conn->request = &conn->hop;
    begin(conn, clock_now_ns());
}

/* Another engine goes on with the exchange. */
static void give_up(struct conn *conn, const struct engine_type *to, const struct redirect *hop,
                    bool keep)
{
    struct h1 *h1 = conn->h1;
    struct exchange so_far = conn->exchange;
    flights_remove(&h1->conns.flights, &conn->flight);
    put_away(conn, keep);
    hop_begin(&so_far);
    h1->config.hand_over(h1->config.hand_over_context, to, &so_far, hop, NULL);
}

static void follow(struct conn *conn, bool keep)
{
    struct h1 *h1 = conn->h1;
    struct exchange *x = &conn->exchange;
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    struct pool *pool = conn->pool;
    /* The answer has been read, so its buffer is free. */
    if (!hop_make(&h1->config, x, conn->request, pool->origin.is_https,
                  answer_location(&conn->answer), h1->receive, bytes, &hop)) {
        x->code = 0;
        fail(conn, OUTCOME_PROTOCOL, 0);
        return;
    }
    if (hop.host[0]) {
        const struct engine_type *to = route_to(&h1->config, hop.is_https, hop.host, hop.port);
        if (to != &engine_h1) {
            give_up(conn, to, &hop, keep);
            return;
        }
        pool = (struct pool *)origins_find(&h1->conns.origins, &hop, x->reason);
    }
    struct conn *next = pool ? move(conn, pool, keep) : NULL;
    if (!next) {
        x->code = 0;
        if (pool) {
            fail_protocol(conn, "not enough memory for a redirect");
        } else {
            fail(conn, OUTCOME_PROTOCOL, 0);
        }
        return;
    }
    hop_begin(&next->exchange);
    begin_hop(next, &hop);
}

/* Events. */

/* An idle connection may only be closed by its peer; bytes that nobody asked for end it as well. */
static void check_idle(struct conn *conn)
{
    ssize_t n = link_receive(&conn->link, conn->h1->receive);
    if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
        conns_drop_idle(&conn->h1->conns, conn);
    }
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    struct conn *conn = (struct conn *)watch;
    bool goes_on = true;
    bool has_come = events & ~(uint32_t)EPOLLOUT;
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
    case CONN_SECURING:
        goes_on = finish_securing(conn, link_handshake(&conn->link));
        has_come = true; /* TLS may have read more than was its own */
        break;
    case CONN_BUSY:
        if ((events & EPOLLOUT) && conn->written < conn->length) {
            goes_on = send_rest(conn);
        }
        break;
    }
    /* A peer that closes at once is heard of in the same event as the connection, and only there.
     */
    if (goes_on && has_come) {
        receive(conn, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    }
}

/* The engine's contract. */

static bool h1_has_room(struct engine *engine, uint32_t endpoint)
{
    struct h1 *h1 = h1_of(engine);
    const struct pool *pool = (const struct pool *)origins_at(&h1->conns.origins, endpoint);
    return !pool || pool->idle || pool->open < h1->config.max_connections;
}

static void end_at_once(struct h1 *h1, const struct exchange *exchange)
{
    struct exchange ended = *exchange;
    ended.code = 0;
    ended.done_ns = clock_now_ns();
    h1->done(h1->owner, &ended);
}

static void h1_start(struct engine *engine, const struct request *request, uint64_t number,
                     uint64_t intended_ns, uint64_t wait_ns, uint64_t started_ns)
{
    struct h1 *h1 = h1_of(engine);
    struct pool *pool = (struct pool *)origins_at(&h1->conns.origins, request->endpoint);
    struct conn *conn = pool ? conns_take(&h1->conns, pool) : NULL;
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
        x->outcome = OUTCOME_CONNECT;
        x->system_error = ENOMEM;
        end_at_once(h1, x);
        return;
    }
    conn->request = request;
    conn->link.watch.on_ready = on_ready;
    flights_add(&h1->conns.flights, &conn->flight, started_ns);
    begin(conn, started_ns); /* on an open connection nothing lies between: one moment is both */
}

/* A conn of the pool that can send a hop; the link becomes its own when it has no other. NULL: no
 * memory. */
static struct conn *take_for_hop(struct h1 *h1, struct pool *pool, struct link *link)
{
    struct conn *conn = conns_take(&h1->conns, pool);
    if (conn && !conn->hop_bytes && !(conn->hop_bytes = malloc(HOP_BYTES_MAX))) {
        conns_release(&h1->conns, conn);
        return NULL;
    }
    if (conn) {
        conn->link.watch.on_ready = on_ready;
    }
    if (conn && link && conn->state == CONN_FREE && link_move(&conn->link, link)) {
        conn->state = CONN_IDLE;
        conn->is_reused = false;
    }
    return conn;
}

static void h1_resume(struct engine *engine, const struct exchange *so_far,
                      const struct redirect *hop, struct link *link)
{
    struct h1 *h1 = h1_of(engine);
    struct exchange exchange = *so_far;
    bool is_hop = hop->request.bytes != so_far->request->bytes;
    struct pool *pool =
        (struct pool *)(is_hop ? origins_find(&h1->conns.origins, hop, exchange.reason)
                               : origins_at(&h1->conns.origins, so_far->request->endpoint));
    struct conn *conn = pool ? take_for_hop(h1, pool, link) : NULL;
    if (link) {
        link_close(link); /* nothing is left of it when it was moved */
    }
    if (!conn) {
        if (pool) {
            snprintf(exchange.reason, sizeof exchange.reason, "not enough memory for a redirect");
        }
        exchange.outcome = OUTCOME_PROTOCOL;
        end_at_once(h1, &exchange);
        return;
    }
    conn->exchange = *so_far;
    flights_add(&h1->conns.flights, &conn->flight, so_far->started_ns);
    if (is_hop) {
        begin_hop(conn, hop);
    } else {
        conn->request = so_far->request;
        begin(conn, clock_now_ns());
    }
}

static uint64_t h1_next_deadline_ns(struct engine *engine)
{
    const struct h1 *h1 = h1_of(engine);
    return flights_deadline_ns(&h1->conns.flights, h1->config.timeout_ns);
}

static struct conn *oldest(const struct h1 *h1)
{
    return (struct conn *)((char *)h1->conns.flights.oldest - offsetof(struct conn, flight));
}

static void h1_expire(struct engine *engine, uint64_t now_ns)
{
    struct h1 *h1 = h1_of(engine);
    while (h1_next_deadline_ns(engine) <= now_ns) {
        time_out(oldest(h1));
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
    while (h1->conns.flights.oldest) {
        time_out(oldest(h1));
    }
}

static void h1_destroy(struct engine *engine)
{
    if (engine) {
        struct h1 *h1 = h1_of(engine);
        assert(!h1->conns.flights.oldest);
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
