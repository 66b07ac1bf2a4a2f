/*
 * h2 - the parts of engine_h2.c, and what they share.
 *
 *     start, resume -> h2_place.c -> h2_make.c -> h2_wire.c <-> h2_session.h
 *                          ^             |            |
 *                          |   not made: |            | h2_on_end
 *                          `------ lose -+------------+--> h2_end.c -> done, hop, another engine
 *
 * Whatever happens is done at once but for sending: that is left to the outermost call into the
 * engine (h2_enter, h2_leave), which sends what all of it left behind, and looks which conns are
 * not needed any more. So a conn is released by h2_lose, by h2_leave, and by who gives up making
 * it, and never while its session is at work.
 *
 * Threads and memory: see engine_h2.h.
 */
#ifndef LOADGEN_HTTP_H2_H
#define LOADGEN_HTTP_H2_H

#include "loadgen/http/h2_conn.h"
#include "loadgen/http/hop.h"

enum { H2_PACK_BYTES = 65536 };

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
    char pack[H2_PACK_BYTES];
    char scratch[HOP_BYTES_MAX]; /* for hops, which come up while the others are in use */
};

/* h2_place.c: which connection carries a stream, and what becomes of them when it does not. */

/* Takes the stream to a connection, which may have to be made. */
void h2_place(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream);

/* Another try begins; what was sent before counts as connecting. */
void h2_try_again(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream);

/* Begins to send what waits, as far as the server wants it now. */
void h2_begin_waiting(struct h2_conn *conn);

/* The server wants fewer streams than were expected: what is too much goes where there is room. */
void h2_spread(struct h2_conn *conn);

/* The conn takes no more streams; those that it has not begun go elsewhere. */
void h2_retire(struct h2_conn *conn);

/* If the server ends the session, or it has had all its streams. */
void h2_retire_ended(struct h2_conn *conn);

/*
 * The connection is no more, or was not made: it is released, and its streams have failed or are
 * sent again. h2_lose_link: its link broke with this errno.
 */
void h2_lose(struct h2_conn *conn, enum outcome outcome, int system_error, const char *reason);
void h2_lose_link(struct h2_conn *conn, int number);
__attribute__((format(printf, 2, 3))) void h2_lose_protocol(struct h2_conn *conn,
                                                            const char *format, ...);

/* h2_make.c: from a name to a connection that speaks HTTP/2. */

/* Begins to make it. The conn may be no more when this returns. */
void h2_make(struct h2_conn *conn);

/* h2_wire.c: bytes to and from the link. */

/* It has something to send, perhaps. */
void h2_mark_dirty(struct h2_conn *conn);

/*
 * Reads what is there, or a good part of it when it is much: timers and other connections wait
 * meanwhile. A peer that closes is heard of only once, with what came before. Returns false when
 * the conn is no more.
 */
bool h2_receive(struct h2_conn *conn, bool is_closing);

/* Should it be closed, when it has nothing to do, since its address should have fewer of them? */
bool h2_is_surplus(const struct h2_conn *conn);

/* Around every call into the engine. */
void h2_enter(struct h2 *h2);
void h2_leave(struct h2 *h2);

/* h2_end.c: how an exchange ends, or goes on elsewhere. No conn has the stream any more. */

void h2_fail(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream, enum outcome outcome,
             int system_error);
__attribute__((format(printf, 4, 5))) void h2_fail_protocol(struct h2 *h2, struct h2_pool *pool,
                                                            struct h2_stream *stream,
                                                            const char *format, ...);

/* What the session tells (h2_session.h). */
void h2_on_end(struct h2_stream *stream, uint32_t code);

/* Sends the hop, whose bytes are copied, to the pool's origin. */
void h2_begin_hop(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                  const struct redirect *hop);

/* The server has chosen HTTP/1.1: the connection, and what waits for it, is another engine's. */
void h2_hand_down(struct h2_conn *conn);

#endif
