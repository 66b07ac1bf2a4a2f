#include "loadgen/http/h1/engine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "loadgen/http/h1/course.h"

static struct h1 *h1_of(struct engine *engine)
{
    return (struct h1 *)engine;
}

static struct conn *conn_of(struct dial *dial)
{
    return (struct conn *)((char *)dial - offsetof(struct conn, dial));
}

static void on_dial_failed(struct dial *dial, enum outcome outcome, int system_error,
                           const char *reason)
{
    course_fail_dial(conn_of(dial), outcome, system_error, reason);
}

static bool make_room(struct dial *dial)
{
    return closing_end_all(&conn_of(dial)->h1->conns.closing);
}

static const struct dial_owner dial_owner = {
    .on_failed = on_dial_failed,
    .make_room = make_room,
};

/* Events. */

/* An idle connection is closed when its peer closes it, or sends unrequested bytes. */
static void check_idle(struct conn *conn)
{
    ssize_t n = link_receive(&conn->link, conn->h1->receive);
    if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
        conns_drop_idle(&conn->h1->conns, conn);
    }
}

/* The connection waits for the server to close it. Bytes after the answer are read, because
 * close(2) would otherwise send a reset. */
static void check_closing(struct conn *conn, uint32_t events)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        while (link_receive(&conn->link, conn->h1->receive) > 0) {
        }
        closing_end(&conn->h1->conns.closing, &conn->flight);
    }
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    struct conn *conn = (struct conn *)watch;
    enum try_state state = TRY_GOES_ON;
    bool has_come = events & ~(uint32_t)EPOLLOUT;
    switch (conn->state) {
    case CONN_FREE: /* closed earlier in this batch of events */
        return;
    case CONN_IDLE:
        check_idle(conn);
        return;
    case CONN_CLOSING:
        check_closing(conn, events);
        return;
    case CONN_DIALING:
        if (!dial_continue(&conn->dial)) {
            return;
        }
        conn->exchange.address = conn->dial.address;
        state = wire_begin(conn, clock_now_ns());
        has_come = has_come || conn->link.tls; /* TLS may have read more than its handshake */
        break;
    case CONN_BUSY:
        state = events & EPOLLOUT ? wire_send(conn) : TRY_GOES_ON;
        break;
    }
    /* A peer that closes immediately is reported in the same event as the connection, and only
     * there.
     */
    if (state == TRY_GOES_ON && has_come) {
        state = wire_receive(conn, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    }
    course_continue(conn, state);
}

/* The engine's contract. */

static bool h1_has_room(struct engine *engine, uint32_t endpoint)
{
    struct h1 *h1 = h1_of(engine);
    const struct pool *pool = (const struct pool *)origins_at(&h1->conns.origins, endpoint, NULL);
    return !pool || pool->open - pool->idle_count < h1->config.limits->max_connections;
}

static void end_at_once(struct h1 *h1, const struct exchange *exchange)
{
    struct exchange ended = *exchange;
    ended.code = 0;
    ended.done_ns = clock_now_ns();
    h1->done(h1->owner, &ended);
}

static void h1_start(struct engine *engine, const struct send *send)
{
    struct h1 *h1 = h1_of(engine);
    struct pool *pool =
        (struct pool *)origins_at(&h1->conns.origins, send->request->endpoint, send->terms->owner);
    struct conn *conn = pool ? conns_take(&h1->conns, pool, send->started_ns) : NULL;
    struct exchange lost;
    struct exchange *x = conn ? &conn->exchange : &lost;
    exchange_begin(x, send);
    if (!conn) {
        x->outcome = OUTCOME_CONNECT;
        x->system_error = ENOMEM;
        end_at_once(h1, x);
        return;
    }
    conn->request = send->request;
    flights_add(&h1->conns.flights, &conn->flight, exchange_deadline_ns(x));
    /* On an open connection, started_ns is also sent_ns. */
    course_begin(conn, send->started_ns);
}

/*
 * Takes a conn that can send a hop; if it has no connection, it takes over the link. NULL: out of
 * memory.
 */
static struct conn *take_for_hop(struct h1 *h1, struct pool *pool, struct link *link)
{
    struct conn *conn = conns_take(&h1->conns, pool, clock_now_ns());
    if (conn && !course_make_hop_room(conn)) {
        conns_release(&h1->conns, conn);
        return NULL;
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
    struct owner *owner = so_far->terms->owner;
    struct pool *pool =
        (struct pool *)(hop ? origins_find(&h1->conns.origins, hop, owner, exchange.reason)
                            : origins_at(&h1->conns.origins, so_far->request->endpoint, owner));
    struct conn *conn = pool ? take_for_hop(h1, pool, link) : NULL;
    if (link) {
        link_close(link); /* no effect if it was moved */
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
    flights_add(&h1->conns.flights, &conn->flight, exchange_deadline_ns(so_far));
    if (hop) {
        course_begin_hop(conn, hop);
    } else {
        conn->request = so_far->request;
        course_begin(conn, clock_now_ns());
    }
}

static uint64_t h1_next_deadline_ns(struct engine *engine)
{
    const struct h1 *h1 = h1_of(engine);
    if (!engine_limits_equal(&h1->limits, h1->config.limits)) {
        return 0;
    }
    uint64_t timeout_ns = flights_deadline_ns(&h1->conns.flights);
    uint64_t closing_ns = closing_deadline_ns(&h1->conns.closing);
    return timeout_ns < closing_ns ? timeout_ns : closing_ns;
}

static struct conn *oldest(const struct h1 *h1)
{
    return (struct conn *)((char *)flights_first(&h1->conns.flights) -
                           offsetof(struct conn, flight));
}

static void h1_expire(struct engine *engine, uint64_t now_ns)
{
    struct h1 *h1 = h1_of(engine);
    while (flights_deadline_ns(&h1->conns.flights) <= now_ns) {
        course_time_out(oldest(h1));
    }
    closing_expire(&h1->conns.closing, now_ns);
    uint64_t changes = resolver_changes(h1->config.resolver);
    if (changes != h1->changes) {
        h1->changes = changes;
        conns_drop_surplus(&h1->conns);
    }
    if (!engine_limits_equal(&h1->limits, h1->config.limits)) {
        h1->limits = *h1->config.limits;
        conns_drop_excess(&h1->conns);
    }
}

static void h1_abandon(struct engine *engine)
{
    struct h1 *h1 = h1_of(engine);
    while (flights_first(&h1->conns.flights)) {
        course_time_out(oldest(h1));
    }
}

static void h1_destroy(struct engine *engine)
{
    if (engine) {
        struct h1 *h1 = h1_of(engine);
        assert(!flights_first(&h1->conns.flights));
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
    if (!h1 || !conns_init(&h1->conns, h1, &h1->config, on_ready)) {
        h1_destroy(h1 ? &h1->engine : NULL);
        err_set(err, ERR_FAILED, "not enough memory for connections");
        return NULL;
    }
    h1->engine.type = &engine_h1;
    h1->dial_owner = &dial_owner;
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
