#include "loadgen/http/engine_h2.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "loadgen/http/engine_h1.h"
#include "loadgen/http/h2_conn.h"
#include "loadgen/http/hop.h"
#include "loadgen/http/route.h"

enum {
    PACK_BYTES = 65536,
    READS_MAX = 16,  /* of one connection at a time */
    PLACED_MAX = 32, /* a request on connections that do not begin with it, or cannot end it */
};

struct h2 {
    struct engine engine; /* first member: an engine is cast to its h2 */
    struct engine_config config;
    engine_done_fn *done;
    void *owner;
    struct h2_conns conns;
    struct flights flights;
    struct h2_conn *dirty; /* have something to send, perhaps */
    bool is_ending;        /* the run is over */
    unsigned depth;        /* of calls into the engine that are at work */
    uint64_t changes;      /* the resolver's, as of the last look at connections */
    char receive[LINK_RECEIVE];
    char pack[PACK_BYTES];
    char scratch[HOP_BYTES_MAX]; /* for hops, which come up while the others are in use */
};

static struct h2 *h2_of(struct engine *engine)
{
    return (struct h2 *)engine;
}

static struct h2_stream *stream_of(struct flight *flight)
{
    return (struct h2_stream *)((char *)flight - offsetof(struct h2_stream, flight));
}

static void mark_dirty(struct h2_conn *conn)
{
    if (!conn->is_dirty) {
        conn->is_dirty = true;
        conn->next_dirty = conn->h2->dirty;
        conn->h2->dirty = conn;
    }
}

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

static void fail(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                 enum outcome outcome, int system_error)
{
    struct exchange *x = &stream->exchange;
    x->done_ns = clock_now_ns();
    x->outcome = outcome;
    x->system_error = system_error;
    x->code = 0;
    x->bytes_in = 0;
    complete(h2, pool, stream);
}

__attribute__((format(printf, 4, 5))) static void fail_protocol(struct h2 *h2, struct h2_pool *pool,
                                                                struct h2_stream *stream,
                                                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(stream->exchange.reason, sizeof stream->exchange.reason, format, args);
    va_end(args);
    fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
}

/* Which connection. */

static void begin_making(struct h2_conn *conn);

/* Should the stream go to a connection of its own, though another one has room? */
static bool wants_another(const struct h2_pool *pool, const struct engine_config *config)
{
    const struct place *place = pool->origin.place;
    bool is_short = pool->is_known && pool->count < place_usable_count(place);
    return !config->keepalive ||
           ((place_is_owed(place) || is_short) && pool->count < config->max_connections);
}

static void place_stream(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream);

/* The conn takes no more streams; those that it has not begun go elsewhere. */
static void retire(struct h2_conn *conn)
{
    conn->is_over = true;
    h2_conn_sort(conn);
    mark_dirty(conn);
    struct h2_streams waiting = conn->waiting;
    conn->waiting = (struct h2_streams){0};
    while (waiting.first) {
        struct h2_stream *stream = waiting.first;
        h2_streams_remove(&waiting, stream);
        place_stream(conn->h2, conn->pool, stream);
    }
}

/* Begins to send what waits, as far as the server wants it now. */
static void begin_waiting(struct h2_conn *conn)
{
    struct h2_session *session = &conn->session;
    size_t most = session->has_settings ? h2_session_limit(session) : 1;
    while (conn->waiting.first && session->streams.count < most && h2_session_takes(session)) {
        struct h2_stream *stream = conn->waiting.first;
        h2_streams_remove(&conn->waiting, stream);
        stream->exchange.address = conn->address;
        mark_dirty(conn);
        if (!h2_session_begin(session, stream)) {
            fail_protocol(conn->h2, conn->pool, stream, "http2: not enough memory for a stream");
        }
    }
    h2_conn_sort(conn);
}

/* A server that ends the session, or one that has had all its streams, gets no more of them. */
static void retire_ended(struct h2_conn *conn)
{
    bool has_ended = conn->session.has_goaway ||
                     (conn->session.problem[0] == '\0' && !h2_session_takes(&conn->session));
    if (has_ended && (!conn->is_over || conn->waiting.first)) {
        retire(conn);
    }
}

/* Takes the stream to a connection, which may have to be made. */
static void place_stream(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    if (++stream->placed > PLACED_MAX) {
        fail_protocol(h2, pool, stream, "http2: no connection carries the request; %d were tried",
                      PLACED_MAX);
        return;
    }
    struct h2_conn *conn = wants_another(pool, &h2->config) ? NULL : h2_pool_choose(pool);
    bool is_new = !conn;
    if (is_new) {
        conn = h2_conns_take(&h2->conns, pool);
    }
    if (!conn) {
        fail(h2, pool, stream, OUTCOME_CONNECT, ENOMEM);
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
        begin_making(conn);
    } else if (conn->state == H2_OPEN) {
        begin_waiting(conn);
        retire_ended(conn);
    }
}

/* The server wants fewer streams than were expected: what is too much goes where there is room. */
static void spread(struct h2_conn *conn)
{
    struct h2_pool *pool = conn->pool;
    size_t limit = h2_conn_limit(conn);
    h2_conn_sort(conn);
    while (conn->waiting.last && h2_conn_load(conn) > limit &&
           (pool->open.first || pool->made.first || pool->count < conn->config->max_connections)) {
        struct h2_stream *stream = conn->waiting.last;
        h2_streams_remove(&conn->waiting, stream);
        place_stream(conn->h2, pool, stream);
    }
}

/* Trying again. */

/* Another try begins; what was sent before counts as connecting. */
static void try_again(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    if (x->sent_ns != 0) {
        x->retries++; /* else it never went out */
    }
    x->sent_ns = 0;
    x->first_byte_ns = 0;
    x->bytes_in = 0;
    x->bytes_out = 0;
    place_stream(h2, pool, stream);
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
            try_again(h2, pool, stream);
        } else {
            memcpy(x->reason, loss->reason, sizeof x->reason);
            fail(h2, pool, stream, loss->outcome, loss->system_error);
        }
    }
}

/* The connection is no more, or was not made. A server that said why it would close has not just
 * closed. */
static void lose(struct h2_conn *conn, enum outcome outcome, int system_error, const char *reason)
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

__attribute__((format(printf, 2, 3))) static void lose_protocol(struct h2_conn *conn,
                                                                const char *format, ...)
{
    char reason[REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    lose(conn, OUTCOME_PROTOCOL, 0, reason);
}

/* The link broke with this errno. */
static void lose_link(struct h2_conn *conn, int number)
{
    char reason[REASON_MAX] = "";
    switch (number) {
    case 0:
        lose(conn, OUTCOME_CLOSED, 0, "");
        break;
    case EPROTO:
        link_problem(&conn->link, reason, sizeof reason);
        lose(conn, OUTCOME_TLS, 0, reason);
        break;
    default:
        lose(conn, OUTCOME_RESET, number, "");
        break;
    }
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
static void hand_down(struct h2_conn *conn)
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
static void begin_hop(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                      const struct redirect *hop)
{
    if (!stream->hop_bytes && !(stream->hop_bytes = malloc(HOP_BYTES_MAX))) {
        fail_protocol(h2, pool, stream, "not enough memory for a redirect");
        return;
    }
    memcpy(stream->hop_bytes, hop->request.bytes, hop->request.length);
    stream->hop = hop->request;
    stream->hop.bytes = stream->hop_bytes;
    stream->request = &stream->hop;
    stream->is_https = pool->origin.is_https;
    stream->placed = 0;
    place_stream(h2, pool, stream);
}

static void follow(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange *x = &stream->exchange;
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    const char *location = stream->location ? stream->location : "";
    if (!hop_make(&h2->config, x, stream->request, stream->is_https, location, h2->scratch, bytes,
                  &hop)) {
        fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
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
            fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
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
    begin_hop(h2, next, stream, &hop);
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

static void on_end(struct h2_stream *stream, uint32_t code)
{
    struct h2_conn *conn = stream->conn;
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    mark_dirty(conn);
    conn->is_used = conn->is_used || stream->is_whole;
    retire_ended(conn);
    if (stream->is_whole) {
        finish(h2, pool, stream);
    } else if (code == NGHTTP2_REFUSED_STREAM && stream->exchange.retries < ENGINE_H2_RETRIES) {
        try_again(h2, pool, stream);
    } else {
        char problem[H2_PROBLEM_MAX];
        h2_session_problem(&conn->session, problem);
        fail_protocol(h2, pool, stream, "http2: stream error: %s%s%s", nghttp2_http2_strerror(code),
                      problem[0] ? ": " : "", problem);
    }
    begin_waiting(conn);
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
    mark_dirty(conn);
    retire_ended(conn);
    if (conn->session.has_settings) {
        spread(conn);
    }
    begin_waiting(conn);
}

/*
 * Reads what is there, or a good part of it when it is much: timers and other connections wait
 * meanwhile. A peer that closes is heard of only once, with what came before. Returns false when
 * the conn is no more.
 */
static bool receive(struct h2_conn *conn, bool is_closing)
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
            lose_link(conn, n == 0 ? 0 : errno);
            return false;
        }
        conn->received_ns = now_ns;
        if (!h2_session_take(&conn->session, h2->receive, (size_t)n, now_ns)) {
            lose_protocol(conn, "http2: %s", conn->session.problem);
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
        lose_protocol(conn, "http2: not enough memory");
    } else if (receive(conn, true)) {
        lose_link(conn, problem);
    }
}

/* Should it be closed, when it has nothing to do, since its address should have fewer of them? */
static bool is_surplus(const struct h2_conn *conn)
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
            lose_protocol(conn, "http2: %s", conn->session.problem);
        }
        return;
    }
    bool is_kept = !conn->is_over && !h2_session_has_ended(&conn->session) && !is_surplus(conn) &&
                   (conn->is_idle || pool->idle_count < h2->config.max_idle);
    if (!is_kept) {
        h2_conns_release(&h2->conns, conn);
    } else if (!conn->is_idle) {
        conn->is_idle = true;
        pool->idle_count++;
    }
}

static void enter(struct h2 *h2)
{
    h2->depth++;
}

/* The outermost call into the engine sends what all of it left behind. */
static void leave(struct h2 *h2)
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

/* Connecting. */

/* The connection was not made: it is tried with another family, or that was it. */
static void fail_connecting(struct h2_conn *conn, int system_error)
{
    if (peer_lost(conn->link.peer)) {
        link_close(&conn->link);
        begin_making(conn);
    } else {
        lose(conn, OUTCOME_CONNECT, system_error, "");
    }
}

static void connect_to(struct h2_conn *conn, struct peer *peer)
{
    conn->address = peer->address.number;
    conn->state = H2_CONNECTING;
    if (!link_connect(&conn->link, peer)) {
        int problem = errno;
        if (link_is_our_limit(problem)) {
            lose(conn, OUTCOME_CONNECT, problem, "");
        } else {
            fail_connecting(conn, problem);
        }
    }
}

static void on_answer(struct resolver_wait *wait, struct peer *peer)
{
    struct h2_conn *conn = (struct h2_conn *)((char *)wait - offsetof(struct h2_conn, wait));
    struct h2 *h2 = conn->h2;
    enter(h2);
    if (peer) {
        connect_to(conn, peer);
    } else {
        lose(conn, OUTCOME_DNS, 0, resolver_problem(conn->pool->origin.place));
    }
    leave(h2);
}

static void on_ready(struct loop_watch *watch, uint32_t events);

static void begin_making(struct h2_conn *conn)
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
        lose(conn, OUTCOME_DNS, 0, resolver_problem(place));
        break;
    case LOOKUP_WAITS:
        break;
    }
}

/* The connection is there. Returns true when something may have come. */
static bool open_session(struct h2_conn *conn)
{
    if (!h2_session_open(&conn->session, conn->config, on_end)) {
        lose_protocol(conn, "http2: not enough memory for a connection");
        return false;
    }
    conn->pool->is_known = true;
    h2_conn_open(conn);
    begin_waiting(conn);
    mark_dirty(conn);
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
        hand_down(conn);
        break;
    case LINK_WAITS:
        break;
    case LINK_BROKEN:
        lose_link(conn, errno);
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
    enter(h2);
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
            mark_dirty(conn);
        }
        has_come = events & ~(uint32_t)EPOLLOUT;
        break;
    }
    if (has_come) {
        receive(conn, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    }
    leave(h2);
}

/* Time. */

/* The connection is not made, and had its time: those that wait on try anew. */
static void give_up_making(struct h2_conn *conn)
{
    if (conn->state == H2_CONNECTING) {
        peer_lost(conn->link.peer);
    }
    retire(conn);
    h2_conns_release(&conn->h2->conns, conn);
}

/*
 * Has nothing come of the connection for half a time-out? Those that wait for it began at different
 * times, and so it is not closed for each of them.
 */
static bool is_stuck(const struct h2_conn *conn)
{
    uint64_t since_ns = conn->received_ns > conn->begun_ns ? conn->received_ns : conn->begun_ns;
    return !conn->h2->is_ending && clock_now_ns() - since_ns >= conn->config->timeout_ns / 2;
}

/* It waited for its turn, or for a connection. */
static void time_out_waiting(struct h2_conn *conn, struct h2_stream *stream)
{
    struct h2 *h2 = conn->h2;
    struct h2_pool *pool = conn->pool;
    struct exchange *x = &stream->exchange;
    enum outcome outcome = OUTCOME_TIMED_OUT;
    h2_streams_remove(&conn->waiting, stream);
    x->address = conn->address;
    h2_conn_sort(conn);
    if (conn->state == H2_RESOLVING) {
        resolver_cancel(&conn->wait);
        snprintf(x->reason, sizeof x->reason, "%s", resolver_problem(pool->origin.place));
        outcome = OUTCOME_DNS;
        if (conn->waiting.first) {
            begin_making(conn); /* asks again, for the others */
        } else {
            h2_conns_release(&h2->conns, conn);
        }
    } else if (conn->state != H2_OPEN && is_stuck(conn)) {
        give_up_making(conn);
    } else {
        mark_dirty(conn);
    }
    fail(h2, pool, stream, outcome, 0);
}

static void time_out(struct h2 *h2, struct h2_stream *stream)
{
    struct h2_conn *conn = stream->conn;
    struct h2_pool *pool = conn->pool;
    if (!stream->id) {
        time_out_waiting(conn, stream);
        return;
    }
    bool is_silent = conn->received_ns < stream->exchange.sent_ns && is_stuck(conn);
    h2_session_cancel(&conn->session, stream);
    mark_dirty(conn);
    if (is_silent) {
        retire(conn);
    }
    begin_waiting(conn);
    stream->exchange.reason[0] = '\0';
    fail(h2, pool, stream, OUTCOME_TIMED_OUT, 0);
}

/* The engine's contract. */

static bool h2_has_room(struct engine *engine, uint32_t endpoint)
{
    struct h2 *h2 = h2_of(engine);
    const struct h2_pool *pool = (const struct h2_pool *)origins_at(&h2->conns.origins, endpoint);
    if (!pool || h2->config.max_connections == UINT64_MAX) {
        return true;
    }
    if (!pool->is_known) { /* perhaps one connection is one exchange */
        return pool->in_flight < h2->config.max_connections;
    }
    return pool->open.first || pool->made.first || pool->count < h2->config.max_connections;
}

/* A stream for the exchange, in flight. NULL: no memory; it has ended. */
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
    stream->is_https = pool->origin.is_https;
    stream->id = 0;
    stream->placed = 0;
    pool->in_flight++;
    flights_add(&h2->flights, &stream->flight, exchange->started_ns);
    return stream;
}

static void h2_start(struct engine *engine, const struct request *request, uint64_t number,
                     uint64_t intended_ns, uint64_t wait_ns, uint64_t started_ns)
{
    struct h2 *h2 = h2_of(engine);
    struct h2_pool *pool = (struct h2_pool *)origins_at(&h2->conns.origins, request->endpoint);
    const struct exchange exchange = {
        .request = request,
        .number = number,
        .intended_ns = intended_ns,
        .wait_ns = wait_ns,
        .started_ns = started_ns,
        .address = ADDRESS_NONE,
    };
    enter(h2);
    struct h2_stream *stream = take_stream(h2, pool, &exchange);
    if (stream) {
        place_stream(h2, pool, stream);
    }
    leave(h2);
}

static void h2_resume(struct engine *engine, const struct exchange *so_far,
                      const struct redirect *hop, struct link *link)
{
    struct h2 *h2 = h2_of(engine);
    struct exchange exchange = *so_far;
    struct h2_pool *pool = (struct h2_pool *)origins_find(&h2->conns.origins, hop, exchange.reason);
    (void)link; /* only comes from here */
    if (pool && pool->is_refused) {
        h2->config.hand_over(h2->config.hand_over_context, &engine_h1, so_far, hop, NULL);
        return;
    }
    if (!pool) {
        exchange.outcome = OUTCOME_PROTOCOL;
        exchange.done_ns = clock_now_ns();
        h2->done(h2->owner, &exchange);
        return;
    }
    enter(h2);
    struct h2_stream *stream = take_stream(h2, pool, &exchange);
    if (stream) {
        begin_hop(h2, pool, stream, hop);
    }
    leave(h2);
}

static uint64_t h2_next_deadline_ns(struct engine *engine)
{
    const struct h2 *h2 = h2_of(engine);
    return flights_deadline_ns(&h2->flights, h2->config.timeout_ns);
}

/* Of connections to addresses that should have fewer, so many take no more streams. */
static void drop_surplus(struct h2 *h2)
{
    for (struct origin *origin = h2->conns.origins.all; origin; origin = origin->next) {
        for (struct h2_conn *conn = ((struct h2_pool *)origin)->conns; conn; conn = conn->next) {
            if (conn->state == H2_OPEN && !conn->is_over && is_surplus(conn)) {
                conn->is_over = true;
                h2_conn_sort(conn);
                mark_dirty(conn);
            }
        }
    }
}

static void h2_expire(struct engine *engine, uint64_t now_ns)
{
    struct h2 *h2 = h2_of(engine);
    enter(h2);
    while (h2_next_deadline_ns(engine) <= now_ns) {
        time_out(h2, stream_of(h2->flights.oldest));
    }
    uint64_t changes = resolver_changes(h2->config.resolver);
    if (changes != h2->changes) {
        h2->changes = changes;
        drop_surplus(h2);
    }
    leave(h2);
}

static void h2_abandon(struct engine *engine)
{
    struct h2 *h2 = h2_of(engine);
    enter(h2);
    h2->is_ending = true;
    while (h2->flights.oldest) {
        time_out(h2, stream_of(h2->flights.oldest));
    }
    leave(h2);
}

static void h2_destroy(struct engine *engine)
{
    if (engine) {
        struct h2 *h2 = h2_of(engine);
        assert(!h2->flights.oldest);
        h2_conns_fini(&h2->conns);
        free(h2);
    }
}

static struct engine *h2_create(const struct engine_config *config, struct loop *loop,
                                engine_done_fn *done, void *owner, struct err *err)
{
    struct h2 *h2 = calloc(1, sizeof *h2);
    (void)loop; /* it is the links' */
    if (h2) {
        h2->config = *config;
    }
    if (!h2 || !h2_conns_init(&h2->conns, h2, &h2->config)) {
        free(h2);
        err_set(err, ERR_FAILED, "not enough memory for connections");
        return NULL;
    }
    h2->engine.type = &engine_h2;
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
