#include "loadgen/http/h1/course.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/http/redirect/redirect.h"

/* The end. */

/* Makes the conn, which is in no list, idle or closes it. */
static void put_away(struct conn *conn)
{
    struct h1 *h1 = conn->h1;
    const struct pool *pool = conn->pool;
    const struct engine_limits *limits = h1->config.limits;
    bool has_place = origin_is_owned(&pool->origin) ||
                     (pool->idle_count < limits->max_idle && pool->open <= limits->max_connections);
    switch (conn->after) {
    case AFTER_KEEP:
        if (has_place && !peer_is_surplus(conn->link.peer) && conn_push_idle(conn)) {
            return;
        }
        break;
    case AFTER_SERVER_CLOSES:
        conns_begin_closing(&h1->conns, conn, clock_now_ns());
        return;
    case AFTER_CLOSE:
        break;
    }
    conns_release(&h1->conns, conn);
}

/* Passes the exchange to the owner, which may immediately start the next one on this conn. */
static void complete(struct conn *conn)
{
    struct h1 *h1 = conn->h1;
    flights_remove(&h1->conns.flights, &conn->flight);
    put_away(conn);
    h1->done(h1->owner, &conn->exchange);
}

/* Ends the exchange with the outcome that is already set. */
static void fail(struct conn *conn)
{
    conn->exchange.code = 0;
    conn->exchange.done_ns = clock_now_ns();
    complete(conn);
}

/* Dialing. */

static void begin_dialing(struct conn *conn)
{
    conn->state = CONN_DIALING;
    conn->after = AFTER_CLOSE;
    conn->lane = NULL;
    conn->is_reused = false;
    conn->written = 0;
    conn->exchange.address = ADDRESS_NONE;
    conn->dial.owner = conn->h1->dial_owner;
    conn->dial.link = &conn->link;
    conn->dial.origin = &conn->pool->origin;
    dial_begin(&conn->dial);
}

void course_fail_dial(struct conn *conn, enum outcome outcome, int system_error, const char *reason)
{
    struct exchange *x = &conn->exchange;
    x->address = conn->dial.address;
    x->outcome = outcome;
    x->system_error = system_error;
    if (reason[0]) {
        snprintf(x->reason, sizeof x->reason, "%s", reason);
    }
    fail(conn);
}

void course_time_out(struct conn *conn)
{
    if (conn->state == CONN_DIALING) {
        const char *reason = dial_cancel(&conn->dial);
        course_fail_dial(conn, reason ? OUTCOME_DNS : OUTCOME_TIMED_OUT, 0, reason ? reason : "");
    } else {
        conn->exchange.outcome = OUTCOME_TIMED_OUT;
        fail(conn);
    }
}

/* Sends the request, after dialing if there is no connection. */
static enum try_state begin(struct conn *conn, uint64_t now_ns)
{
    if (conn->state == CONN_FREE) {
        begin_dialing(conn);
        return TRY_GOES_ON;
    }
    conn->exchange.address = conn->link.peer->address.number;
    return wire_begin(conn, now_ns);
}

/* Following. */

bool course_make_hop_room(struct conn *conn)
{
    return conn->hop_bytes || (conn->hop_bytes = malloc(HOP_BYTES_MAX));
}

/*
 * Chooses the conn for the next hop: this one, an idle one or a new one, with the same deadline.
 * NULL: out of memory; nothing has changed.
 */
static struct conn *move(struct conn *conn, struct pool *pool)
{
    struct conns *conns = &conn->h1->conns;
    bool stays = conn->after == AFTER_KEEP && pool == conn->pool;
    struct conn *next = stays ? conn : conns_take(conns, pool, clock_now_ns());
    if (!next || !course_make_hop_room(next)) {
        if (next && next != conn) {
            conns_release(conns, next);
        }
        return NULL;
    }
    if (next != conn) {
        next->exchange = conn->exchange;
        flights_remove(&conns->flights, &conn->flight);
        flights_add(&conns->flights, &next->flight, exchange_deadline_ns(&next->exchange));
        put_away(conn);
    }
    return next;
}

/* Another engine continues the exchange. */
static void hand_over(struct conn *conn, const struct redirect *hop)
{
    struct h1 *h1 = conn->h1;
    struct exchange so_far = conn->exchange;
    flights_remove(&h1->conns.flights, &conn->flight);
    put_away(conn);
    hop_begin(&so_far);
    h1->config.hand_over(h1->config.context, h1->engine.type, &so_far, hop, NULL);
}

static enum try_state begin_hop(struct conn *conn, const struct redirect *hop)
{
    memcpy(conn->hop_bytes, hop->request.bytes, hop->request.length);
    conn->hop = hop->request;
    conn->hop.bytes = conn->hop_bytes;
    conn->request = &conn->hop;
    return begin(conn, clock_now_ns());
}

static enum try_state fail_following(struct conn *conn)
{
    conn->exchange.outcome = OUTCOME_PROTOCOL;
    fail(conn);
    return TRY_GOES_ON;
}

/* Sends the hop; *conn becomes the conn that carries it. */
static enum try_state follow(struct conn **conn)
{
    struct pool *pool = (*conn)->pool;
    struct h1 *h1 = (*conn)->h1;
    struct exchange *x = &(*conn)->exchange;
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    struct redirect_origin from = origin_of_redirect(&pool->origin);
    /* The answer has been read, so its buffer is free. */
    if (!hop_make(x, (*conn)->request, &from, answer_location(&(*conn)->answer),
                  (*conn)->answer.capture, h1->receive, bytes, &hop)) {
        return fail_following(*conn);
    }
    if (hop.host[0]) {
        if (!engine_can_follow(&h1->config, h1->engine.type, &hop)) {
            hand_over(*conn, &hop);
            return TRY_GOES_ON;
        }
        pool = (struct pool *)origins_find(&h1->conns.origins, &hop, x->terms->owner, x->reason);
        if (!pool) {
            return fail_following(*conn);
        }
    }
    struct conn *next = move(*conn, pool);
    if (!next) {
        snprintf(x->reason, sizeof x->reason, "not enough memory for a redirect");
        return fail_following(*conn);
    }
    *conn = next;
    hop_begin(&next->exchange);
    return begin_hop(next, &hop);
}

/* The course. */

static enum try_state end_answered(struct conn **conn)
{
    struct exchange *x = &(*conn)->exchange;
    if (redirect_is_status(x->code) && hop_is_wanted(x, answer_location(&(*conn)->answer))) {
        return follow(conn);
    }
    x->outcome = OUTCOME_ANSWERED;
    x->bytes_in = (*conn)->answer.body_bytes;
    x->capture = (*conn)->answer.capture;
    complete(*conn);
    return TRY_GOES_ON;
}

/*
 * Ends a broken try. Tries again if a reused connection probably broke because the server was
 * closing it.
 */
static void end_broken(struct conn *conn)
{
    struct exchange *x = &conn->exchange;
    bool is_race = conn->is_reused && x->first_byte_ns == 0 &&
                   (x->outcome == OUTCOME_RESET || x->outcome == OUTCOME_CLOSED);
    if (!is_race || (!conn->request->is_idempotent && conn->written > 0)) {
        fail(conn);
        return;
    }
    x->retries++;
    x->sent_ns = 0; /* what was sent before counts as connecting */
    x->bytes_out = 0;
    x->outcome = OUTCOME_ANSWERED;
    x->system_error = 0;
    link_close(&conn->link);
    begin_dialing(conn);
}

void course_continue(struct conn *conn, enum try_state state)
{
    while (state == TRY_ANSWERED) {
        state = end_answered(&conn);
    }
    if (state == TRY_BROKEN) {
        end_broken(conn);
    }
}

void course_begin(struct conn *conn, uint64_t now_ns)
{
    course_continue(conn, begin(conn, now_ns));
}

void course_begin_hop(struct conn *conn, const struct redirect *hop)
{
    course_continue(conn, begin_hop(conn, hop));
}
