#include "loadgen/http/h2/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "loadgen/http/h2/assign.h"

enum { READS_MAX = 16 }; /* of one connection at a time */

/* Sending. */

/* Keeps what could not be sent. False: no memory. */
static bool keep_unsent(struct h2_conn *conn, const char *bytes, size_t length)
{
    conn->unsent = malloc(length);
    if (conn->unsent) {
        memcpy(conn->unsent, bytes, length);
        conn->unsent_length = length;
        conn->unsent_sent = 0;
    }
    return conn->unsent != NULL;
}

/* Sends as much as possible now. Returns the errno of a broken link, or 0. */
static int send_some(struct h2_conn *conn, const char *bytes, size_t length, size_t *sent)
{
    while (*sent < length) {
        ssize_t n = link_send(&conn->link, bytes + *sent, length - *sent);
        if (n < 0) {
            return errno == EAGAIN ? 0 : errno;
        }
        *sent += (size_t)n;
    }
    return 0;
}

/* Returns the errno of a broken link, or 0. */
static int send_all(struct h2_conn *conn)
{
    struct h2 *h2 = conn->h2;
    for (;;) {
        bool is_kept = conn->unsent;
        const char *bytes = is_kept ? conn->unsent + conn->unsent_sent : h2->pack;
        size_t length = is_kept ? conn->unsent_length - conn->unsent_sent
                                : h2_session_fill(&conn->session, h2->pack, sizeof h2->pack);
        if (length == 0 || length == SIZE_MAX) {
            return length ? ENOMEM : 0;
        }
        if (!is_kept) {
            h2_session_mark_sending(&conn->session, clock_now_ns());
        }
        size_t sent = 0;
        int problem = send_some(conn, bytes, length, &sent);
        if (problem) {
            return problem;
        }
        if (is_kept) {
            conn->unsent_sent += sent;
        }
        if (sent < length) {
            return is_kept || keep_unsent(conn, bytes + sent, length - sent) ? 0 : ENOMEM;
        }
        h2_session_mark_sent(&conn->session);
        free(conn->unsent);
        conn->unsent = NULL;
    }
}

/* Receiving. */

/* Acts on the frames that the session has read. */
static void handle_received(struct h2_conn *conn)
{
    h2_mark_dirty(conn);
    h2_retire_if_ended(conn);
    if (conn->session.has_settings) {
        h2_move_excess(conn);
    }
    h2_submit_waiting(conn);
}

bool h2_receive(struct h2_conn *conn, bool is_closing)
{
    struct h2 *h2 = conn->h2;
    conn->is_ending = conn->is_ending || is_closing;
    for (unsigned reads = 0; reads < READS_MAX;) {
        ssize_t n = link_receive(&conn->link, h2->receive);
        uint64_t now_ns = clock_now_ns();
        if (n < 0 && errno == EAGAIN) {
            return true;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            h2_lose_link(conn, n == 0 ? 0 : errno);
            return false;
        }
        conn->received_ns = now_ns;
        if (!h2_session_receive(&conn->session, h2->receive, (size_t)n, now_ns)) {
            h2_lose_protocol(conn, "http2: %s", conn->session.problem);
            return false;
        }
        handle_received(conn);
        if (conn->link.is_drained && !is_closing) {
            return true;
        }
        reads++;
    }
    loop_requeue(h2->config.links->loop, &conn->link.watch,
                 is_closing ? EPOLLIN | EPOLLRDHUP : EPOLLIN);
    return true;
}

/* Flushing. */

/* The server may have answered and closed while we were sending; reads that answer first. */
static void lose_sending(struct h2_conn *conn, int problem)
{
    if (problem == ENOMEM) {
        h2_lose_protocol(conn, "http2: not enough memory");
    } else if (h2_receive(conn, true)) {
        h2_lose_link(conn, problem);
    }
}

bool h2_is_surplus(const struct h2_conn *conn)
{
    const struct peer *peer = conn->link.peer;
    uint64_t ending = 0; /* connections that will be closed anyway */
    if (!peer_is_surplus(peer)) {
        return false;
    }
    for (const struct h2_conn *other = conn->pool->conns; other; other = other->next) {
        ending += other->link.peer == peer && other->is_retired;
    }
    return peer->is_gone || peer->surplus > ending;
}

/*
 * Asks the server to close the connection, with close_notify or GOAWAY. False: it has closed
 * already, or this could not be sent.
 */
static bool announce_close(struct h2_conn *conn)
{
    char bytes[H2_FRAME_MAX];
    if (conn->is_ending || conn->unsent || h2_session_has_ended(&conn->session)) {
        return false;
    }
    if (conn->link.tls) {
        return !link_has_ended(&conn->link);
    }
    h2_session_terminate(&conn->session);
    size_t length = h2_session_fill(&conn->session, bytes, sizeof bytes);
    return length > 0 && length != SIZE_MAX &&
           link_send(&conn->link, bytes, length) == (ssize_t)length;
}

/* Unread bytes would make close(2) reset the connection. */
void h2_check_closing(struct h2_conn *conn, uint32_t events)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        while (link_receive(&conn->link, conn->h2->receive) > 0) {
        }
        closing_end(&conn->h2->conns.closing, &conn->flight);
    }
}

/* Nothing is left to send: closes the connection if it is no longer needed. */
static void close_if_unneeded(struct h2_conn *conn)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    if (h2_conn_load(conn) > 0) {
        if (h2_session_has_ended(&conn->session)) {
            h2_lose_protocol(conn, "http2: %s", conn->session.problem);
        }
        return;
    }
    const struct engine_limits *limits = h2->config.limits;
    bool has_place =
        conn->is_idle || origin_is_owned(&pool->origin) ||
        (pool->idle_count < limits->max_idle && pool->count <= limits->max_connections);
    bool is_kept = !conn->is_retired && !h2_session_has_ended(&conn->session) &&
                   !h2_is_surplus(conn) && has_place;
    if (!is_kept && !h2->config.keepalive && conn->is_used && !h2->is_ending &&
        announce_close(conn)) {
        h2_conns_begin_closing(&h2->conns, conn, clock_now_ns());
    } else if (!is_kept) {
        h2_conns_release(&h2->conns, conn);
    } else if (!conn->is_idle) {
        conn->is_idle = true;
        pool->idle_count++;
    }
}

void h2_enter(struct h2 *h2)
{
    h2->call_depth++;
}

void h2_leave(struct h2 *h2)
{
    while (h2->call_depth == 1 && h2->dirty) {
        struct h2_conn *conn = h2->dirty;
        h2->dirty = conn->next_dirty;
        conn->is_dirty = false;
        if (conn->state == H2_OPEN) {
            int problem = send_all(conn);
            if (problem) {
                lose_sending(conn, problem);
            } else if (!conn->is_dirty) {
                close_if_unneeded(conn);
            }
        }
    }
    h2->call_depth--;
}
