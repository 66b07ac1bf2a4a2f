#include "loadgen/http/h2/follow.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/http/h2/assign.h"
#include "loadgen/http/h2/end.h"

void h2_hand_over_conn(struct h2_conn *conn)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    struct h2_streams waiting = conn->waiting;
    struct link *link = &conn->link;
    conn->waiting = (struct h2_streams){0};
    conn->is_retired = true;
    h2_conn_sort(conn);
    h2_pool_base(pool)->is_refused = true;
    while (waiting.first) {
        struct h2_stream *stream = waiting.first;
        struct redirect hop = {
            .port = pool->origin.port,
            .is_https = pool->origin.is_https,
            .request = *stream->request,
        };
        snprintf(hop.host, sizeof hop.host, "%s", pool->origin.host);
        h2_streams_remove(&waiting, stream);
        h2_hand_over(h2, pool, stream, stream->is_hop ? &hop : NULL, link);
        link = NULL;
    }
    h2_conns_release(&h2->conns, conn);
}

/* Following. */

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
    stream->is_hop = true;
    stream->is_https = pool->origin.is_https;
    stream->assigned = 0;
    h2_assign(h2, pool, stream);
}

static const char *location_of(const struct h2_stream *stream)
{
    return stream->location ? stream->location : stream->is_lost ? location_lost : "";
}

static void follow(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    struct redirect_origin from = origin_of_redirect(&pool->origin);
    if (!hop_make(x, stream->request, &from, location_of(stream), &stream->capture, h2->scratch,
                  bytes, &hop)) {
        h2_fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
        return;
    }
    struct h2_pool *next = pool;
    hop_begin(x);
    if (hop.host[0] && !engine_can_follow(&h2->config, h2->engine.type, &hop)) {
        h2_hand_over(h2, pool, stream, &hop, NULL);
        return;
    }
    if (hop.host[0]) {
        next = (struct h2_pool *)origins_find(&h2->conns.origins, &hop, x->terms->owner, x->reason);
    }
    if (!next) {
        h2_fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
        return;
    }
    if (hop.host[0] && h2_pool_base(next)->is_refused) {
        h2_hand_over(h2, pool, stream, &hop, NULL);
        return;
    }
    pool->in_flight--;
    next->in_flight++;
    h2_begin_hop(h2, next, stream, &hop);
}

/* Called from inside the session: nothing may be sent here, and no connection released. */

static void finish(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    x->code = stream->code;
    if (redirect_is_status(x->code) && hop_is_wanted(x, location_of(stream))) {
        follow(h2, pool, stream);
        return;
    }
    x->outcome = OUTCOME_ANSWERED;
    x->capture = x->terms->keeps_answers ? &stream->capture : NULL;
    h2_complete(h2, pool, stream);
}

void h2_on_end(struct h2_stream *stream, uint32_t code)
{
    struct h2_conn *conn = stream->conn;
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    h2_mark_dirty(conn);
    conn->is_used = conn->is_used || stream->is_whole;
    h2_retire_if_ended(conn);
    if (stream->is_whole) {
        finish(h2, pool, stream);
    } else if (code == NGHTTP2_REFUSED_STREAM && stream->exchange.retries < H2_RETRIES_MAX) {
        h2_retry(h2, pool, stream);
    } else {
        char problem[H2_PROBLEM_MAX];
        h2_session_problem(&conn->session, problem);
        h2_fail_protocol(h2, pool, stream, "http2: stream error: %s%s%s",
                         nghttp2_http2_strerror(code), problem[0] ? ": " : "", problem);
    }
    h2_submit_waiting(conn);
}
