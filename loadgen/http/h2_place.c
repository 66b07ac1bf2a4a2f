#include "loadgen/http/h2.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/http/engine_h2.h"

enum { PLACED_MAX = 32 }; /* a request on connections that do not begin with it, or cannot end it */

/* Which connection. */

/* Should the stream go to a connection of its own, though another one has room? */
static bool wants_another(const struct h2_pool *pool, const struct engine_config *config)
{
    const struct place *place = pool->origin.place;
    bool is_short = pool->is_known && pool->count < place_usable_count(place);
    return !config->keepalive ||
           ((place_is_owed(place) || is_short) && pool->count < config->max_connections);
}

/* The conn takes no more streams; those that it has not begun go elsewhere. */
void h2_retire(struct h2_conn *conn)
{
    conn->is_over = true;
    h2_conn_sort(conn);
    h2_mark_dirty(conn);
    struct h2_streams waiting = conn->waiting;
    conn->waiting = (struct h2_streams){0};
    while (waiting.first) {
        struct h2_stream *stream = waiting.first;
        h2_streams_remove(&waiting, stream);
        h2_place(conn->h2, conn->pool, stream);
    }
}

/* Begins to send what waits, as far as the server wants it now. */
void h2_begin_waiting(struct h2_conn *conn)
{
    struct h2_session *session = &conn->session;
    size_t most = session->has_settings ? h2_session_limit(session) : 1;
    while (conn->waiting.first && session->streams.count < most && h2_session_takes(session)) {
        struct h2_stream *stream = conn->waiting.first;
        h2_streams_remove(&conn->waiting, stream);
        stream->exchange.address = conn->address;
        h2_mark_dirty(conn);
        if (!h2_session_begin(session, stream)) {
            h2_fail_protocol(conn->h2, conn->pool, stream, "http2: not enough memory for a stream");
        }
    }
    h2_conn_sort(conn);
}

/* A server that ends the session, or one that has had all its streams, gets no more of them. */
void h2_retire_ended(struct h2_conn *conn)
{
    bool has_ended = conn->session.has_goaway ||
                     (conn->session.problem[0] == '\0' && !h2_session_takes(&conn->session));
    if (has_ended && (!conn->is_over || conn->waiting.first)) {
        h2_retire(conn);
    }
}

/* Takes the stream to a connection, which may have to be made. */
void h2_place(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    if (++stream->placed > PLACED_MAX) {
        h2_fail_protocol(h2, pool, stream,
                         "http2: no connection carries the request; %d were tried", PLACED_MAX);
        return;
    }
    struct h2_conn *conn = wants_another(pool, &h2->config) ? NULL : h2_pool_choose(pool);
    bool is_new = !conn;
    if (is_new) {
        conn = h2_conns_take(&h2->conns, pool);
    }
    if (!conn) {
        h2_fail(h2, pool, stream, OUTCOME_CONNECT, ENOMEM);
        return;
    }
    if (conn->is_idle) {
        conn->is_idle = false;
        pool->idle_count--;
    }
    stream->conn = conn;
    h2_streams_insert(&conn->waiting, stream);
    conn->is_over = conn->is_over || !h2->config.keepalive;
    h2_conn_sort(conn);
    if (is_new) {
        conn->begun_ns = clock_now_ns();
        h2_make(conn);
    } else if (conn->state == H2_OPEN) {
        h2_begin_waiting(conn);
        h2_retire_ended(conn);
    }
}

/* The server wants fewer streams than were expected: what is too much goes where there is room. */
void h2_spread(struct h2_conn *conn)
{
    struct h2_pool *pool = conn->pool;
    size_t limit = h2_conn_limit(conn);
    h2_conn_sort(conn);
    while (conn->waiting.last && h2_conn_load(conn) > limit &&
           (pool->open.first || pool->made.first || pool->count < conn->config->max_connections)) {
        struct h2_stream *stream = conn->waiting.last;
        h2_streams_remove(&conn->waiting, stream);
        h2_place(conn->h2, pool, stream);
    }
}

/* Trying again. */

/* Another try begins; what was sent before counts as connecting. */
void h2_try_again(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    if (x->sent_ns != 0) {
        x->retries++; /* else it never went out */
    }
    x->sent_ns = 0;
    x->first_byte_ns = 0;
    x->bytes_in = 0;
    x->bytes_out = 0;
    h2_place(h2, pool, stream);
}

/* How a connection ended, or was not made. */
struct loss {
    enum outcome outcome;
    int system_error;
    uint32_t address;
    bool has_worked; /* the server spoke HTTP/2 */
    bool is_used;    /* and gave a whole answer */
    uint64_t received_ns;
    char reason[REASON_MAX];
};

/* Was the connection about to end, as idle ones are, when the request was sent? */
static bool is_race(const struct h2_stream *stream, const struct loss *loss)
{
    return loss->is_used && stream->request->is_repeatable &&
           loss->received_ns < stream->exchange.sent_ns &&
           (loss->outcome == OUTCOME_RESET || loss->outcome == OUTCOME_CLOSED);
}

/* What becomes of its streams: what it never sent goes elsewhere, if it once worked. */
static void lose_streams(struct h2 *h2, struct h2_pool *pool, struct h2_streams *streams,
                         const struct loss *loss)
{
    while (streams->first) {
        struct h2_stream *stream = streams->first;
        struct exchange *x = &stream->exchange;
        bool goes_again = (x->sent_ns == 0 && loss->has_worked) ||
                          (is_race(stream, loss) && x->retries < ENGINE_H2_RETRIES);
        h2_streams_remove(streams, stream);
        stream->id = 0;
        x->address = loss->address;
        if (goes_again) {
            h2_try_again(h2, pool, stream);
        } else {
            memcpy(x->reason, loss->reason, sizeof x->reason);
            h2_fail(h2, pool, stream, loss->outcome, loss->system_error);
        }
    }
}

/* The connection is no more, or was not made. A server that said why it would close has not just
 * closed. */
void h2_lose(struct h2_conn *conn, enum outcome outcome, int system_error, const char *reason)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    struct h2_streams begun = conn->session.streams;
    struct h2_streams waiting = conn->waiting;
    struct loss loss = {
        .outcome = outcome,
        .system_error = system_error,
        .address = conn->address,
        .has_worked = conn->session.has_settings,
        .is_used = conn->is_used,
        .received_ns = conn->received_ns,
    };
    snprintf(loss.reason, sizeof loss.reason, "%s", reason);
    if (conn->session.goaway_code != NGHTTP2_NO_ERROR) {
        loss.outcome = OUTCOME_PROTOCOL;
        snprintf(loss.reason, sizeof loss.reason,
                 "http2: server sent GOAWAY and closed the connection; ErrCode=%s",
                 nghttp2_http2_strerror(conn->session.goaway_code));
    }
    conn->session.streams = conn->waiting = (struct h2_streams){0};
    h2_conns_release(&h2->conns, conn);
    lose_streams(h2, pool, &begun, &loss);
    lose_streams(h2, pool, &waiting, &loss);
}

__attribute__((format(printf, 2, 3))) void h2_lose_protocol(struct h2_conn *conn,
                                                            const char *format, ...)
{
    char reason[REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    h2_lose(conn, OUTCOME_PROTOCOL, 0, reason);
}

/* The link broke with this errno. */
void h2_lose_link(struct h2_conn *conn, int number)
{
    char reason[REASON_MAX] = "";
    switch (number) {
    case 0:
        h2_lose(conn, OUTCOME_CLOSED, 0, "");
        break;
    case EPROTO:
        link_problem(&conn->link, reason, sizeof reason);
        h2_lose(conn, OUTCOME_TLS, 0, reason);
        break;
    default:
        h2_lose(conn, link_is_our_limit(number) ? OUTCOME_CONNECT : OUTCOME_RESET, number, "");
        break;
    }
}
