#include "loadgen/http/h2/engine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/http/h2/assign.h"
#include "loadgen/http/h2/end.h"
#include "loadgen/http/h2/events.h"
#include "loadgen/http/h2/follow.h"
#include "loadgen/http/h2/wire.h"

static struct h2 *h2_of(struct engine *engine)
{
    return (struct h2 *)engine;
}

static struct h2_stream *stream_of(struct flight *flight)
{
    return (struct h2_stream *)((char *)flight - offsetof(struct h2_stream, flight));
}

/* Time. */

/* The connection did not open in time: its waiting streams are reassigned. */
static void cancel_dial(struct h2_conn *conn)
{
    dial_cancel(&conn->dial);
    h2_retire(conn);
    h2_conns_release(&conn->h2->conns, conn);
}

/*
 * True if the connection has made no progress for half of the timeout. Its streams started at
 * different times, so a single timeout does not retire the connection.
 */
static bool is_stuck(const struct h2_conn *conn, const struct terms *terms)
{
    uint64_t since_ns = conn->received_ns > conn->begun_ns ? conn->received_ns : conn->begun_ns;
    return !conn->h2->is_ending && clock_now_ns() - since_ns >= terms->timeout_ns / 2;
}

/* Times out a stream that waited for a slot or for a connection. */
static void time_out_waiting(struct h2_conn *conn, struct h2_stream *stream)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    struct exchange *x = &stream->exchange;
    enum outcome outcome = OUTCOME_TIMED_OUT;
    h2_streams_remove(&conn->waiting, stream);
    x->address = conn->dial.address;
    h2_conn_sort(conn);
    if (conn->state == H2_DIALING && conn->dial.state == DIAL_RESOLVING) {
        snprintf(x->reason, sizeof x->reason, "%s", dial_cancel(&conn->dial));
        outcome = OUTCOME_DNS;
        if (conn->waiting.first) {
            h2_dial(conn); /* for the others */
        } else {
            h2_conns_release(&h2->conns, conn);
        }
    } else if (conn->state == H2_DIALING && is_stuck(conn, x->terms)) {
        cancel_dial(conn);
    } else {
        h2_mark_dirty(conn);
    }
    h2_fail(h2, pool, stream, outcome, 0);
}

static void time_out(struct h2 *h2, struct h2_stream *stream)
{
    struct h2_conn *conn = stream->conn;
    struct h2_pool *pool = conn->pool;
    if (!stream->id) {
        time_out_waiting(conn, stream);
        return;
    }
    bool is_silent =
        conn->received_ns < stream->exchange.sent_ns && is_stuck(conn, stream->exchange.terms);
    h2_session_cancel(&conn->session, stream);
    h2_mark_dirty(conn);
    if (is_silent) {
        h2_retire(conn);
    }
    h2_submit_waiting(conn);
    stream->exchange.reason[0] = '\0';
    h2_fail(h2, pool, stream, OUTCOME_TIMED_OUT, 0);
}

/* The engine's contract. */

static bool h2_has_room(struct engine *engine, uint32_t endpoint)
{
    struct h2 *h2 = h2_of(engine);
    const struct h2_pool *pool =
        (const struct h2_pool *)origins_at(&h2->conns.origins, endpoint, NULL);
    if (!pool || h2->config.limits->max_connections == UINT64_MAX) {
        return true;
    }
    if (!pool->is_known) { /* a connection may turn out to carry one exchange (HTTP/1.1) */
        return pool->in_flight < h2->config.limits->max_connections;
    }
    return turns_first(&pool->turns) || pool->dialing.first ||
           pool->count < h2->config.limits->max_connections;
}

/* Puts the exchange in flight with a stream. NULL: out of memory; the exchange has ended. */
static struct h2_stream *take_stream(struct h2 *h2, struct h2_pool *pool,
                                     const struct exchange *exchange)
{
    struct h2_stream *stream = pool ? h2_conns_take_stream(&h2->conns) : NULL;
    if (!stream) {
        struct exchange ended = *exchange;
        ended.outcome = OUTCOME_CONNECT;
        ended.system_error = ENOMEM;
        ended.done_ns = clock_now_ns();
        h2->done(h2->owner, &ended);
        return NULL;
    }
    stream->exchange = *exchange;
    stream->request = exchange->request;
    stream->is_hop = false;
    stream->is_https = pool->origin.is_https;
    stream->id = 0;
    stream->assigned = 0;
    pool->in_flight++;
    flights_add(&h2->flights, &stream->flight, exchange_deadline_ns(exchange));
    return stream;
}

static void h2_start(struct engine *engine, const struct send *send)
{
    struct h2 *h2 = h2_of(engine);
    struct h2_pool *pool = (struct h2_pool *)origins_at(&h2->conns.origins, send->request->endpoint,
                                                        send->terms->owner);
    struct exchange exchange;
    exchange_begin(&exchange, send);
    h2_enter(h2);
    struct h2_stream *stream = take_stream(h2, pool, &exchange);
    if (stream) {
        h2_assign(h2, pool, stream);
    }
    h2_leave(h2);
}

static void h2_resume(struct engine *engine, const struct exchange *so_far,
                      const struct redirect *hop, struct link *link)
{
    struct h2 *h2 = h2_of(engine);
    struct exchange exchange = *so_far;
    struct h2_pool *pool = (struct h2_pool *)origins_find(&h2->conns.origins, hop,
                                                          so_far->terms->owner, exchange.reason);
    (void)link; /* links come only from this engine */
    if (pool && h2_pool_base(pool)->is_refused) {
        h2->config.hand_over(h2->config.context, &engine_h2, so_far, hop, NULL);
        return;
    }
    if (!pool) {
        exchange.outcome = OUTCOME_PROTOCOL;
        exchange.done_ns = clock_now_ns();
        h2->done(h2->owner, &exchange);
        return;
    }
    h2_enter(h2);
    struct h2_stream *stream = take_stream(h2, pool, &exchange);
    if (stream) {
        h2_begin_hop(h2, pool, stream, hop);
    }
    h2_leave(h2);
}

static uint64_t h2_next_deadline_ns(struct engine *engine)
{
    const struct h2 *h2 = h2_of(engine);
    if (!engine_limits_equal(&h2->limits, h2->config.limits)) {
        return 0;
    }
    uint64_t timeout_ns = flights_deadline_ns(&h2->flights);
    uint64_t closing_ns = closing_deadline_ns(&h2->conns.closing);
    return timeout_ns < closing_ns ? timeout_ns : closing_ns;
}

/* Retires surplus connections, those to addresses with more than their share. */
static void drop_surplus(struct h2 *h2)
{
    for (struct origin *origin = h2->conns.origins.all; origin; origin = origin->next) {
        for (struct h2_conn *conn = ((struct h2_pool *)origin)->conns; conn; conn = conn->next) {
            if (conn->state == H2_OPEN && !conn->is_retired && h2_is_surplus(conn)) {
                h2_drain(conn);
            }
        }
    }
}

/* Retires connections beyond the limits. */
static void drop_excess(struct h2 *h2)
{
    for (struct origin *origin = h2->conns.origins.all; origin; origin = origin->next) {
        h2_drain_excess((struct h2_pool *)origin, h2->config.limits);
    }
}

static void h2_expire(struct engine *engine, uint64_t now_ns)
{
    struct h2 *h2 = h2_of(engine);
    h2_enter(h2);
    while (flights_deadline_ns(&h2->flights) <= now_ns) {
        time_out(h2, stream_of(flights_first(&h2->flights)));
    }
    closing_expire(&h2->conns.closing, now_ns);
    uint64_t changes = resolver_changes(h2->config.resolver);
    if (changes != h2->changes) {
        h2->changes = changes;
        drop_surplus(h2);
    }
    if (!engine_limits_equal(&h2->limits, h2->config.limits)) {
        h2->limits = *h2->config.limits;
        drop_excess(h2);
    }
    h2_leave(h2);
}

static void h2_abandon(struct engine *engine)
{
    struct h2 *h2 = h2_of(engine);
    h2_enter(h2);
    h2->is_ending = true;
    while (flights_first(&h2->flights)) {
        time_out(h2, stream_of(flights_first(&h2->flights)));
    }
    h2_leave(h2);
}

static void h2_destroy(struct engine *engine)
{
    if (engine) {
        struct h2 *h2 = h2_of(engine);
        assert(!flights_first(&h2->flights));
        h2_conns_fini(&h2->conns);
        free(h2);
    }
}

static struct engine *h2_create(const struct engine_config *config, struct loop *loop,
                                engine_done_fn *done, void *owner, struct err *err)
{
    struct h2 *h2 = calloc(1, sizeof *h2);
    (void)loop; /* the links have it */
    if (h2) {
        h2->config = *config;
    }
    if (!h2 || !h2_conns_init(&h2->conns, h2, &h2->config)) {
        free(h2);
        err_set(err, ERR_FAILED, "not enough memory for connections");
        return NULL;
    }
    h2->engine.type = &engine_h2;
    h2->on_ready = h2_on_ready;
    h2->dial_owner = &h2_dial_owner;
    h2->done = done;
    h2->owner = owner;
    return &h2->engine;
}

bool engine_h2_is_refused(struct engine *engine, uint32_t endpoint)
{
    const struct origin *origin = h2_of(engine)->conns.origins.of_targets[endpoint];
    return origin && ((const struct h2_pool *)origin)->is_refused;
}

const struct engine_type engine_h2 = {
    .name = "h2",
    .create = h2_create,
    .destroy = h2_destroy,
    .has_room = h2_has_room,
    .start = h2_start,
    .resume = h2_resume,
    .next_deadline_ns = h2_next_deadline_ns,
    .expire = h2_expire,
    .abandon = h2_abandon,
};
