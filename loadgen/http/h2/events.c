#include "loadgen/http/h2/events.h"

#include <sys/epoll.h>

#include "loadgen/http/h2/assign.h"
#include "loadgen/http/h2/follow.h"
#include "loadgen/http/h2/wire.h"

/* Dialing. */

static struct h2_conn *conn_of(struct dial *dial)
{
    return (struct h2_conn *)((char *)dial - offsetof(struct h2_conn, dial));
}

static void on_dial_failed(struct dial *dial, enum outcome outcome, int system_error,
                           const char *reason)
{
    struct h2_conn *conn = conn_of(dial);
    struct h2 *h2 = conn->h2;
    h2_enter(h2);
    h2_lose(conn, outcome, system_error, reason);
    h2_leave(h2);
}

static bool make_room(struct dial *dial)
{
    return closing_end_all(&conn_of(dial)->h2->conns.closing);
}

const struct dial_owner h2_dial_owner = {
    .offers_h2 = true,
    .on_failed = on_dial_failed,
    .make_room = make_room,
};

/* The cap may have been lowered while the connection was being opened. */
static void drain_excess(struct h2_pool *pool, const struct engine_limits *limits)
{
    if (pool->count > limits->max_connections && !origin_is_owned(&pool->origin)) {
        h2_drain_excess(pool, limits);
    }
}

/* Returns true if bytes may have arrived for a session. */
static bool open_conn(struct h2_conn *conn)
{
    if (conn->link.tls && !link_speaks_h2(&conn->link)) {
        h2_hand_over_conn(conn);
        return false;
    }
    if (!h2_session_open(&conn->session, conn->config, h2_on_end) || !h2_conn_open(conn)) {
        h2_lose_protocol(conn, "http2: not enough memory for a connection");
        return false;
    }
    conn->pool->is_known = true;
    drain_excess(conn->pool, conn->config->limits);
    h2_submit_waiting(conn);
    h2_mark_dirty(conn);
    return true;
}

void h2_on_ready(struct loop_watch *watch, uint32_t events)
{
    struct h2_conn *conn = (struct h2_conn *)watch;
    struct h2 *h2 = conn->h2;
    bool has_come = false;
    h2_enter(h2);
    switch (conn->state) {
    case H2_FREE: /* closed earlier in this batch of events */
        break;
    case H2_DIALING:
        has_come = dial_continue(&conn->dial) && open_conn(conn);
        break;
    case H2_OPEN:
        if ((events & EPOLLOUT) && conn->unsent) {
            h2_mark_dirty(conn);
        }
        has_come = events & ~(uint32_t)EPOLLOUT;
        break;
    case H2_CLOSING:
        h2_check_closing(conn, events);
        break;
    }
    if (has_come) {
        h2_receive(conn, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    }
    h2_leave(h2);
}
