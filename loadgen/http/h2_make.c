#include "loadgen/http/h2.h"

#include <errno.h>
#include <sys/epoll.h>

#include "common/clock.h"

/* Connecting. */

/* The connection was not made: it is tried with another family, or that was it. */
static void fail_connecting(struct h2_conn *conn, int system_error)
{
    if (peer_lost(conn->link.peer)) {
        link_close(&conn->link);
        h2_make(conn);
    } else {
        h2_lose(conn, OUTCOME_CONNECT, system_error, "");
    }
}

static void connect_to(struct h2_conn *conn, struct peer *peer)
{
    conn->address = peer->address.number;
    conn->state = H2_CONNECTING;
    if (!link_connect(&conn->link, peer)) {
        int problem = errno;
        if (link_is_our_limit(problem)) {
            h2_lose(conn, OUTCOME_CONNECT, problem, "");
        } else {
            fail_connecting(conn, problem);
        }
    }
}

static void on_answer(struct resolver_wait *wait, struct peer *peer)
{
    struct h2_conn *conn = (struct h2_conn *)((char *)wait - offsetof(struct h2_conn, wait));
    struct h2 *h2 = conn->h2;
    h2_enter(h2);
    if (peer) {
        connect_to(conn, peer);
    } else {
        h2_lose(conn, OUTCOME_DNS, 0, resolver_problem(conn->pool->origin.place));
    }
    h2_leave(h2);
}

static void on_ready(struct loop_watch *watch, uint32_t events);

void h2_make(struct h2_conn *conn)
{
    struct place *place = conn->pool->origin.place;
    struct peer *peer = NULL;
    conn->state = H2_RESOLVING;
    conn->address = ADDRESS_NONE;
    conn->wait.on_answer = on_answer;
    link_init(&conn->link, conn->config->links, on_ready);
    switch (resolver_next(place, &conn->wait, &peer)) {
    case LOOKUP_DONE:
        connect_to(conn, peer);
        break;
    case LOOKUP_FAILED:
        h2_lose(conn, OUTCOME_DNS, 0, resolver_problem(place));
        break;
    case LOOKUP_WAITS:
        break;
    }
}

/* The connection is there. Returns true when something may have come. */
static bool open_session(struct h2_conn *conn)
{
    if (!h2_session_open(&conn->session, conn->config, h2_on_end)) {
        h2_lose_protocol(conn, "http2: not enough memory for a connection");
        return false;
    }
    conn->pool->is_known = true;
    h2_conn_open(conn);
    h2_begin_waiting(conn);
    h2_mark_dirty(conn);
    return true;
}

/* TLS is as far as it says. */
static bool finish_securing(struct h2_conn *conn, enum link_step step)
{
    switch (step) {
    case LINK_DONE:
        if (link_speaks_h2(&conn->link)) {
            return open_session(conn);
        }
        h2_hand_down(conn);
        break;
    case LINK_WAITS:
        break;
    case LINK_BROKEN:
        h2_lose_link(conn, errno);
        break;
    }
    return false;
}

static bool finish_connecting(struct h2_conn *conn)
{
    int problem = link_connected(&conn->link);
    if (problem) {
        fail_connecting(conn, problem);
        return false;
    }
    peer_made(conn->link.peer);
    if (conn->pool->origin.is_https) {
        conn->state = H2_SECURING;
        return finish_securing(conn, link_secure(&conn->link, &conn->pool->origin.secure, true));
    }
    return open_session(conn);
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
    struct h2_conn *conn = (struct h2_conn *)watch;
    struct h2 *h2 = conn->h2;
    bool has_come = false;
    h2_enter(h2);
    switch (conn->state) {
    case H2_FREE: /* closed earlier in this batch of events */
    case H2_RESOLVING:
        break;
    case H2_CONNECTING:
        has_come = finish_connecting(conn);
        break;
    case H2_SECURING:
        has_come = finish_securing(conn, link_handshake(&conn->link));
        break;
    case H2_OPEN:
        if ((events & EPOLLOUT) && conn->unsent) {
            h2_mark_dirty(conn);
        }
        has_come = events & ~(uint32_t)EPOLLOUT;
        break;
    }
    if (has_come) {
        h2_receive(conn, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    }
    h2_leave(h2);
}
