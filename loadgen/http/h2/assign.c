#include "loadgen/http/h2/assign.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/http/h2/end.h"

enum {
    ASSIGNED_MAX = 32
}; /* tries of a request on connections that never send it or cannot complete it */

void h2_dial(struct h2_conn *conn)
{
    conn->state = H2_DIALING;
    link_init(&conn->link, conn->config->links, conn->h2->on_ready);
    conn->dial.owner = conn->h2->dial_owner;
    conn->dial.link = &conn->link;
    conn->dial.origin = &conn->pool->origin;
    dial_begin(&conn->dial);
}

/* Which connection. */

/* True if the stream should get a new connection although another one has room. */
static bool wants_another(const struct h2_pool *pool, const struct engine_config *config)
{
    const struct destination *destination = pool->origin.destination;
    bool is_short = pool->is_known && pool->count < destination_usable_count(destination);
    return !config->keepalive || ((destination_has_deficit(destination) || is_short) &&
                                  pool->count < config->limits->max_connections);
}

void h2_drain(struct h2_conn *conn)
{
    conn->is_retired = true;
    h2_conn_sort(conn);
    h2_mark_dirty(conn);
}

/* Connections that take streams, or will when they are open. */
static uint64_t count_active(const struct h2_pool *pool)
{
    uint64_t count = 0;
    for (const struct h2_conn *conn = pool->conns; conn; conn = conn->next) {
        count += !conn->is_retired;
    }
    return count;
}

void h2_drain_excess(struct h2_pool *pool, const struct engine_limits *limits)
{
    uint64_t idle = pool->idle_count;
    uint64_t active = count_active(pool);
    for (struct h2_conn *conn = pool->conns; conn; conn = conn->next) {
        bool has_excess = idle > limits->max_idle || active > limits->max_connections;
        if (conn->is_idle && !conn->is_retired && has_excess) {
            h2_drain(conn);
            idle--;
            active--;
        }
    }
    for (struct h2_conn *conn = pool->conns; conn; conn = conn->next) {
        if (conn->state == H2_OPEN && !conn->is_retired && active > limits->max_connections) {
            h2_drain(conn);
            active--;
        }
    }
}

void h2_retire(struct h2_conn *conn)
{
    h2_drain(conn);
    struct h2_streams waiting = conn->waiting;
    conn->waiting = (struct h2_streams){0};
    while (waiting.first) {
        struct h2_stream *stream = waiting.first;
        h2_streams_remove(&waiting, stream);
        h2_assign(conn->h2, conn->pool, stream);
    }
}

void h2_submit_waiting(struct h2_conn *conn)
{
    struct h2_session *session = &conn->session;
    size_t most = session->has_settings ? h2_session_max_streams(session) : 1;
    while (conn->waiting.first && session->streams.count < most && h2_session_can_open(session)) {
        struct h2_stream *stream = conn->waiting.first;
        h2_streams_remove(&conn->waiting, stream);
        stream->exchange.address = conn->dial.address;
        h2_mark_dirty(conn);
        if (!h2_session_submit(session, stream)) {
            h2_fail_protocol(conn->h2, conn->pool, stream, "http2: not enough memory for a stream");
        }
    }
    h2_conn_sort(conn);
}

void h2_retire_if_ended(struct h2_conn *conn)
{
    bool has_ended = conn->session.has_goaway ||
                     (conn->session.problem[0] == '\0' && !h2_session_can_open(&conn->session));
    if (has_ended && (!conn->is_retired || conn->waiting.first)) {
        h2_retire(conn);
    }
}

void h2_assign(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    if (++stream->assigned > ASSIGNED_MAX) {
        h2_fail_protocol(h2, pool, stream,
                         "http2: all %d connections that were tried refused the request",
                         ASSIGNED_MAX);
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
    conn->is_retired = conn->is_retired || !h2->config.keepalive;
    h2_conn_sort(conn);
    if (is_new) {
        conn->begun_ns = clock_now_ns();
        h2_dial(conn);
    } else if (conn->state == H2_OPEN) {
        h2_submit_waiting(conn);
        h2_retire_if_ended(conn);
    }
}

void h2_move_excess(struct h2_conn *conn)
{
    struct h2_pool *pool = conn->pool;
    size_t limit = h2_conn_limit(conn);
    h2_conn_sort(conn);
    while (conn->waiting.last && h2_conn_load(conn) > limit &&
           (turns_first(&pool->turns) || pool->dialing.first ||
            pool->count < conn->config->limits->max_connections)) {
        struct h2_stream *stream = conn->waiting.last;
        h2_streams_remove(&conn->waiting, stream);
        h2_assign(conn->h2, pool, stream);
    }
}

/* Retries. */

void h2_retry(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    if (x->sent_ns != 0) {
        x->retries++; /* else it was never sent */
    }
    x->sent_ns = 0;
    x->first_byte_ns = 0;
    x->bytes_in = 0;
    x->bytes_out = 0;
    h2_assign(h2, pool, stream);
}

/* How a connection ended, or failed to open. */
struct loss {
    enum outcome outcome;
    int system_error;
    uint32_t address;
    bool has_worked; /* the server spoke HTTP/2 */
    bool is_used;    /* and sent a complete answer */
    uint64_t received_ns;
    char reason[REASON_MAX];
};

/* True if the connection was probably closing, as idle ones do, when the request was sent. */
static bool is_race(const struct h2_stream *stream, const struct loss *loss)
{
    return loss->is_used && stream->request->is_idempotent &&
           loss->received_ns < stream->exchange.sent_ns &&
           (loss->outcome == OUTCOME_RESET || loss->outcome == OUTCOME_CLOSED);
}

/*
 * Retries, moves or fails the streams. Streams that were never sent are moved if the connection has
 * worked before.
 */
static void lose_streams(struct h2 *h2, struct h2_pool *pool, struct h2_streams *streams,
                         const struct loss *loss)
{
    while (streams->first) {
        struct h2_stream *stream = streams->first;
        struct exchange *x = &stream->exchange;
        bool goes_again = (x->sent_ns == 0 && loss->has_worked) ||
                          (is_race(stream, loss) && x->retries < H2_RETRIES_MAX);
        h2_streams_remove(streams, stream);
        stream->id = 0;
        x->address = loss->address;
        if (goes_again) {
            h2_retry(h2, pool, stream);
        } else {
            memcpy(x->reason, loss->reason, sizeof x->reason);
            h2_fail(h2, pool, stream, loss->outcome, loss->system_error);
        }
    }
}

/* The connection is closed, or failed to open. A GOAWAY with an error code is the reason, not the
 * close. */
void h2_lose(struct h2_conn *conn, enum outcome outcome, int system_error, const char *reason)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    struct h2_streams begun = conn->session.streams;
    struct h2_streams waiting = conn->waiting;
    struct loss loss = {
        .outcome = outcome,
        .system_error = system_error,
        .address = conn->dial.address,
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

void h2_lose_link(struct h2_conn *conn, int number)
{
    char reason[REASON_MAX] = "";
    enum outcome outcome = dial_link_outcome(&conn->link, number, reason);
    h2_lose(conn, outcome, outcome == OUTCOME_TLS ? 0 : number, reason);
}
