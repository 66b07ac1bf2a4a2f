#include "loadgen/http/h1/wire.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "common/clock.h"

enum {
    READS_MAX = 16, /* of one connection at a time */
};

/* The ends of a try. */

static enum try_state break_try(struct conn *conn, enum outcome outcome, int system_error)
{
    conn->exchange.outcome = outcome;
    conn->exchange.system_error = system_error;
    return TRY_BROKEN;
}

/* The link broke with this errno. */
static enum try_state break_link(struct conn *conn, int number)
{
    struct exchange *x = &conn->exchange;
    enum outcome outcome = dial_link_outcome(&conn->link, number, x->reason);
    return break_try(conn, outcome, outcome == OUTCOME_TLS ? 0 : number);
}

/* Decides whether the connection can be reused; is_clean: no bytes came after the answer. */
static enum conn_after after(const struct conn *conn, bool is_clean)
{
    if (!is_clean || conn->written < conn->length) {
        return AFTER_CLOSE;
    }
    return conn->h1->config.keepalive && answer_keeps_alive(&conn->answer) &&
                   !link_has_ended(&conn->link)
               ? AFTER_KEEP
               : AFTER_SERVER_CLOSES;
}

static enum try_state complete(struct conn *conn, uint64_t done_ns, bool is_clean)
{
    struct exchange *x = &conn->exchange;
    conn->after = after(conn, is_clean);
    x->code = answer_code(&conn->answer);
    x->violations |= (uint16_t)answer_violations(&conn->answer);
    x->done_ns = done_ns;
    return TRY_ANSWERED;
}

/* Receiving. */

/* Handles the received bytes in the buffer. */
static enum try_state take_bytes(struct conn *conn, size_t length, uint64_t now_ns, bool is_closing)
{
    struct exchange *x = &conn->exchange;
    if (x->first_byte_ns == 0) {
        x->first_byte_ns = now_ns;
    }
    size_t used = 0;
    switch (answer_feed(&conn->answer, conn->h1->receive, length, &used)) {
    case ANSWER_MORE:
        return TRY_GOES_ON;
    case ANSWER_COMPLETE:
        x->violations |= used < length ? VIOLATION_BIT(excess) : 0;
        return complete(conn, now_ns, used == length && !is_closing);
    case ANSWER_BROKEN:
        break;
    }
    snprintf(x->reason, sizeof x->reason, "malformed HTTP response: %s",
             answer_problem(&conn->answer));
    return break_try(conn, OUTCOME_PROTOCOL, 0);
}

static enum try_state take_end(struct conn *conn, uint64_t now_ns)
{
    return conn->exchange.first_byte_ns != 0 && answer_finish(&conn->answer) == ANSWER_COMPLETE
               ? complete(conn, now_ns, false)
               : break_try(conn, OUTCOME_CLOSED, 0);
}

enum try_state wire_receive(struct conn *conn, bool is_closing)
{
    struct h1 *h1 = conn->h1;
    for (unsigned reads = 0; reads < READS_MAX;) {
        ssize_t n = link_receive(&conn->link, h1->receive);
        uint64_t now_ns = clock_now_ns();
        if (n > 0) {
            enum try_state state = take_bytes(conn, (size_t)n, now_ns, is_closing);
            if (state != TRY_GOES_ON || (conn->link.is_drained && !is_closing)) {
                return state;
            }
            reads++;
        } else if (n == 0) {
            return take_end(conn, now_ns);
        } else if (errno == EAGAIN) {
            return TRY_GOES_ON;
        } else if (errno != EINTR) {
            return break_link(conn, errno);
        }
    }
    loop_requeue(h1->loop, &conn->link.watch, is_closing ? EPOLLIN | EPOLLRDHUP : EPOLLIN);
    return TRY_GOES_ON;
}

/* Sending. */

/* Sends once, from where the last send ended. Returns like send(2). */
static ssize_t send_some(struct conn *conn)
{
    const struct exchange *x = &conn->exchange;
    char *scratch = conn->h1->scratch;
    if (!conn->link.tls) {
        return outgoing_send(conn->link.watch.fd, conn->request, x->number, conn->written, scratch,
                             &conn->length);
    }
    struct outgoing_piece piece =
        outgoing_piece(conn->request, x->number, conn->written, scratch, &conn->length);
    return link_send(&conn->link, piece.bytes, piece.length);
}

/*
 * A server that refuses a body may answer and close while we still send; reads that answer first.
 */
static enum try_state hear_out(struct conn *conn, int send_error)
{
    enum try_state state = wire_receive(conn, true);
    return state == TRY_GOES_ON ? break_link(conn, send_error) : state;
}

/* Sends what the kernel will take. */
static enum try_state send_rest(struct conn *conn)
{
    do {
        ssize_t n = send_some(conn);
        if (n < 0) {
            return errno == EAGAIN ? TRY_GOES_ON : hear_out(conn, errno);
        }
        conn->written += (size_t)n;
    } while (conn->written < conn->length && conn->link.tls);
    if (conn->written == conn->length) {
        conn->exchange.bytes_out = conn->request->body_length;
    }
    return TRY_GOES_ON;
}

enum try_state wire_send(struct conn *conn)
{
    return conn->written < conn->length ? send_rest(conn) : TRY_GOES_ON;
}

enum try_state wire_begin(struct conn *conn, uint64_t sent_ns)
{
    struct exchange *x = &conn->exchange;
    struct capture *capture = NULL;
    conn->state = CONN_BUSY;
    conn->after = AFTER_CLOSE;
    conn->written = 0;
    x->sent_ns = sent_ns;
    if (x->terms->keeps_answers) {
        capture = &conn->capture;
        capture_begin(capture, x->terms->max_body);
    }
    answer_begin(&conn->answer, conn->request->is_head, x->reason, sizeof x->reason, capture);
    return send_rest(conn);
}
