#include "loadgen/http/h2.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/http/engine_h1.h"
#include "loadgen/http/engine_h2.h"
#include "loadgen/http/route.h"

/* The end of an exchange. */

/* The stream, which no conn has any more, tells the owner; who may start the next with it. */
static void complete(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange exchange = stream->exchange;
    pool->in_flight--;
    flights_remove(&h2->flights, &stream->flight);
    h2_conns_release_stream(&h2->conns, stream);
    h2->done(h2->owner, &exchange);
}

void h2_fail(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream, enum outcome outcome,
             int system_error)
{
    struct exchange *x = &stream->exchange;
    x->done_ns = clock_now_ns();
    x->outcome = outcome;
    x->system_error = system_error;
    x->code = 0;
    x->bytes_in = 0;
    complete(h2, pool, stream);
}

__attribute__((format(printf, 4, 5))) void h2_fail_protocol(struct h2 *h2, struct h2_pool *pool,
                                                            struct h2_stream *stream,
                                                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(stream->exchange.reason, sizeof stream->exchange.reason, format, args);
    va_end(args);
    h2_fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
}

/* Other engines. */

/* Lets another engine, of this type, go on with the exchange; the stream ends here. */
static void give_up(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                    const struct engine_type *to, const struct redirect *hop, struct link *link)
{
    struct exchange so_far = stream->exchange;
    pool->in_flight--;
    flights_remove(&h2->flights, &stream->flight);
    h2_conns_release_stream(&h2->conns, stream); /* a hop's bytes stay until it is taken again */
    h2->config.hand_over(h2->config.hand_over_context, to, &so_far, hop, link);
}

/* The server has chosen HTTP/1.1: the connection, and what waits for it, is another engine's. */
void h2_hand_down(struct h2_conn *conn)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    struct h2_streams waiting = conn->waiting;
    struct link *link = &conn->link;
    conn->waiting = (struct h2_streams){0};
    conn->is_over = true;
    h2_conn_sort(conn);
    pool->is_refused = true;
    while (waiting.first) {
        struct h2_stream *stream = waiting.first;
        struct redirect hop = {
            .port = pool->origin.port,
            .is_https = pool->origin.is_https,
            .request = *stream->request,
        };
        snprintf(hop.host, sizeof hop.host, "%s", pool->origin.host);
        h2_streams_remove(&waiting, stream);
        give_up(h2, pool, stream, &engine_h1, &hop, link);
        link = NULL;
    }
    h2_conns_release(&h2->conns, conn);
}

/* Following. */

/* Sends the hop, whose bytes are copied, to the pool's origin. */
void h2_begin_hop(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                  const struct redirect *hop)
{
    if (!stream->hop_bytes && !(stream->hop_bytes = malloc(HOP_BYTES_MAX))) {
        h2_fail_protocol(h2, pool, stream, "not enough memory for a redirect");
        return;
    }
    memcpy(stream->hop_bytes, hop->request.bytes, hop->request.length);
    stream->hop = hop->request;
    stream->hop.bytes = stream->hop_bytes;
    stream->request = &stream->hop;
    stream->is_https = pool->origin.is_https;
    stream->placed = 0;
    h2_place(h2, pool, stream);
}

static void follow(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    const char *location = stream->location ? stream->location : "";
    if (!hop_make(&h2->config, x, stream->request, stream->is_https, location, h2->scratch, bytes,
                  &hop)) {
        h2_fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
        return;
    }
    struct h2_pool *next = pool;
    const struct engine_type *to = &engine_h2;
    hop_begin(x);
    if (hop.host[0]) {
        to = route_to(&h2->config, hop.is_https, hop.host, hop.port);
    }
    if (hop.host[0] && to == &engine_h2) {
        next = (struct h2_pool *)origins_find(&h2->conns.origins, &hop, x->reason);
        if (!next) {
            h2_fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
            return;
        }
        to = next->is_refused ? &engine_h1 : &engine_h2;
    }
    if (to != &engine_h2) {
        give_up(h2, pool, stream, to, &hop, NULL);
        return;
    }
    pool->in_flight--;
    next->in_flight++;
    h2_begin_hop(h2, next, stream, &hop);
}

/* What the session tells: it is at work, so nothing is sent here and no conn released. */

static void finish(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    x->code = stream->code;
    if (redirect_is_one(x->code) && h2->config.max_redirects >= 0) {
        follow(h2, pool, stream);
        return;
    }
    x->outcome = OUTCOME_ANSWERED;
    x->capture = h2->config.keeps_answers ? &stream->capture : NULL;
    complete(h2, pool, stream);
}

void h2_on_end(struct h2_stream *stream, uint32_t code)
{
    struct h2_conn *conn = stream->conn;
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    h2_mark_dirty(conn);
    conn->is_used = conn->is_used || stream->is_whole;
    h2_retire_ended(conn);
    if (stream->is_whole) {
        finish(h2, pool, stream);
    } else if (code == NGHTTP2_REFUSED_STREAM && stream->exchange.retries < ENGINE_H2_RETRIES) {
        h2_try_again(h2, pool, stream);
    } else {
        char problem[H2_PROBLEM_MAX];
        h2_session_problem(&conn->session, problem);
        h2_fail_protocol(h2, pool, stream, "http2: stream error: %s%s%s",
                         nghttp2_http2_strerror(code), problem[0] ? ": " : "", problem);
    }
    h2_begin_waiting(conn);
}
