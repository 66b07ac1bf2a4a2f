#include "loadgen/http/h2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"

enum { READS_MAX = 16 }; /* of one connection at a time */

void h2_mark_dirty(struct h2_conn *conn)
{
    if (!conn->is_dirty) {
        conn->is_dirty = true;
        conn->next_dirty = conn->h2->dirty;
        conn->h2->dirty = conn;
    }
}

/* Sending. */

/* Keeps what the link did not take. False: no memory. */
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

/* As much as the link takes now. Returns the errno of a link that broke, or 0. */
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

/* Returns the errno of a link that broke, or 0. */
static int send_all(struct h2_conn *conn)
{
    struct h2 *h2 = conn->h2;
    for (;;) {
        bool is_kept = conn->unsent;
        const char *bytes = is_kept ? conn->unsent + conn->unsent_sent : h2->pack;
        size_t length = is_kept ? conn->unsent_length - conn->unsent_sent
                                : h2_session_give(&conn->session, h2->pack, sizeof h2->pack);
        if (length == 0 || length == SIZE_MAX) {
            return length ? ENOMEM : 0;
        }
        if (!is_kept) {
            h2_session_giving(&conn->session, clock_now_ns());
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
        h2_session_gave(&conn->session);
        free(conn->unsent);
        conn->unsent = NULL;
    }
}

/* Receiving. */

/* The session has taken what came: what follows from it? */
static void look_at(struct h2_conn *conn)
{
    h2_mark_dirty(conn);
    h2_retire_ended(conn);
    if (conn->session.has_settings) {
        h2_spread(conn);
    }
    h2_begin_waiting(conn);
}

/*
 * Reads what is there, or a good part of it when it is much: timers and other connections wait
 * meanwhile. A peer that closes is heard of only once, with what came before. Returns false when
 * the conn is no more.
 */
bool h2_receive(struct h2_conn *conn, bool is_closing)
{
    struct h2 *h2 = conn->h2;
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
        if (!h2_session_take(&conn->session, h2->receive, (size_t)n, now_ns)) {
            h2_lose_protocol(conn, "http2: %s", conn->session.problem);
            return false;
        }
        look_at(conn);
        if (conn->link.is_drained && !is_closing) {
            return true;
        }
        reads++;
    }
    loop_again(h2->config.links->loop, &conn->link.watch,
               is_closing ? EPOLLIN | EPOLLRDHUP : EPOLLIN);
    return true;
}

/* After everything else: sends what there is, and looks whether the conn is needed any more. */

/* A server that refuses something says so and closes while we still send: hears it out. */
static void lose_sending(struct h2_conn *conn, int problem)
{
    if (problem == ENOMEM) {
        h2_lose_protocol(conn, "http2: not enough memory");
    } else if (h2_receive(conn, true)) {
        h2_lose_link(conn, problem);
    }
}

/* Should it be closed, when it has nothing to do, since its address should have fewer of them? */
bool h2_is_surplus(const struct h2_conn *conn)
{
    const struct peer *peer = conn->link.peer;
    uint64_t ending = 0; /* that are about to be closed anyway */
    if (!peer_is_surplus(peer)) {
        return false;
    }
    for (const struct h2_conn *other = conn->pool->conns; other; other = other->next) {
        ending += other->link.peer == peer && other->is_over;
    }
    return peer->is_gone || peer->surplus > ending;
}

static void settle(struct h2_conn *conn)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    if (h2_conn_load(conn) > 0) {
        if (h2_session_has_ended(&conn->session)) {
            h2_lose_protocol(conn, "http2: %s", conn->session.problem);
        }
        return;
    }
    bool is_kept = !conn->is_over && !h2_session_has_ended(&conn->session) &&
                   !h2_is_surplus(conn) &&
                   (conn->is_idle || pool->idle_count < h2->config.max_idle);
    if (!is_kept) {
        h2_conns_release(&h2->conns, conn);
    } else if (!conn->is_idle) {
        conn->is_idle = true;
        pool->idle_count++;
    }
}

void h2_enter(struct h2 *h2)
{
    h2->depth++;
}

/* The outermost call into the engine sends what all of it left behind. */
void h2_leave(struct h2 *h2)
{
    while (h2->depth == 1 && h2->dirty) {
        struct h2_conn *conn = h2->dirty;
        h2->dirty = conn->next_dirty;
        conn->is_dirty = false;
        if (conn->state == H2_OPEN) {
            int problem = send_all(conn);
            if (problem) {
                lose_sending(conn, problem);
            } else if (!conn->is_dirty) {
                settle(conn);
            }
        }
    }
    h2->depth--;
}
