/*
 * h2_session - HTTP/2 on one connection: bytes that came in, bytes that go out, streams between.
 *
 *     h2_session_begin(stream) -> frames -> h2_session_give -> bytes for the link
 *     bytes from the link -> h2_session_take -> h2_session.on_end(stream), of each stream once
 *
 * A layer over nghttp2, without sockets and clocks: what happened to a stream is written into its
 * exchange. Streams that wait for their turn are h2_conn.h's. Windows are as large as Go's client
 * has them, so it is the server that limits what it sends.
 *
 * nghttp2 must not be called again from inside itself but for h2_session_begin and
 * h2_session_cancel: on_end may call these, of any session.
 *
 * Threads: belongs to one thread. Memory: nghttp2 allocates for each stream; start with zeroes,
 * h2_session_close.
 */
#ifndef LOADGEN_HTTP_H2_SESSION_H
#define LOADGEN_HTTP_H2_SESSION_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/engine.h"
#include "loadgen/http/flights.h"
#include "loadgen/target/url.h"

enum {
    H2_STREAMS_MAX = 100,
    H2_LOCATION_MAX = 4096,
    H2_PROBLEM_MAX = 160,
    H2_FRAME_MAX = 16384 + 10, /* nghttp2 sends none that is larger, header and padding included */
};

struct h2_conn;

/* An exchange, and the stream that carries it. */
struct h2_stream {
    struct flight flight;
    struct h2_stream *next; /* of its conn that wait, of its session, or that are free */
    struct h2_stream *prev;
    struct h2_stream *next_packed;
    struct h2_stream *prev_packed;
    struct h2_conn *conn;
    const struct request *request; /* being sent: the exchange's, or its hop after a redirect */
    struct request hop;
    char *hop_bytes; /* NULL until a redirect came this way */
    struct slice body;
    size_t body_given; /* to nghttp2 */
    char *location;    /* H2_LOCATION_MAX bytes, NULL until one came */
    int32_t id;        /* 0: it waits */
    uint16_t code;     /* of the answer so far */
    unsigned placed;   /* how many times a connection was chosen for it */
    bool is_https;
    bool is_packed;    /* in the list of those that h2_session_gave tells of */
    bool is_head_over; /* what comes is body, or behind it */
    bool is_whole;     /* the answer is complete */
    struct capture capture;
    struct exchange exchange;
};

/* A queue of streams, oldest start first. */
struct h2_streams {
    struct h2_stream *first;
    struct h2_stream *last;
    size_t count;
};

/* Puts it behind those that started before. */
void h2_streams_insert(struct h2_streams *streams, struct h2_stream *stream);
void h2_streams_remove(struct h2_streams *streams, struct h2_stream *stream);

/* `code` is nghttp2's: why the stream ended before the answer was whole. */
typedef void h2_end_fn(struct h2_stream *stream, uint32_t code);

struct h2_session {
    nghttp2_session *nghttp2; /* NULL: closed */
    const struct engine_config *config;
    h2_end_fn *on_end;
    struct h2_streams streams;
    struct h2_stream *packed; /* have something in the bytes that were given last */
    uint64_t now_ns;          /* of the recv that is being taken */
    bool has_settings;        /* the server's: it has said how many streams it wants */
    bool has_goaway;          /* the server ends it, with this code */
    uint32_t goaway_code;
    char problem[H2_PROBLEM_MAX]; /* of the session, or of the stream that ends; "": none */
};

/* False: no memory. */
bool h2_session_open(struct h2_session *session, const struct engine_config *config,
                     h2_end_fn *on_end);

/* Nobody is told of the streams that it had: they are still in `streams`. */
void h2_session_close(struct h2_session *session);

/* Can a stream be begun? Not when one side ends the session, or when it has carried 2^30 of them.
 */
bool h2_session_takes(const struct h2_session *session);

/* How many streams the server wants at once now, H2_STREAMS_MAX at most. */
size_t h2_session_limit(const struct h2_session *session);

/* What was wrong with the stream that ends, in nghttp2's words; "" when the server ended it. */
void h2_session_problem(struct h2_session *session, char problem[H2_PROBLEM_MAX]);

/* Begins to send stream->request; h2_session_takes. False: no memory. */
bool h2_session_begin(struct h2_session *session, struct h2_stream *stream);

/* Forgets the stream, and tells the server so. */
void h2_session_cancel(struct h2_session *session, struct h2_stream *stream);

/* Takes what came at now_ns. False: it was no HTTP/2; `problem` says why. */
bool h2_session_take(struct h2_session *session, const char *bytes, size_t length, uint64_t now_ns);

/*
 * Puts what is to be sent into the buffer, which has room for a frame (H2_FRAME_MAX), as much as
 * there is or fits; SIZE_MAX: no memory. Streams whose request begins or ends there are packed
 * until h2_session_gave.
 */
size_t h2_session_give(struct h2_session *session, char *buffer, size_t size);

/* The bytes that were given are about to be sent; and all of them were. */
void h2_session_giving(struct h2_session *session, uint64_t now_ns);
void h2_session_gave(struct h2_session *session);

/* Has it ended by its own rules: neither side has anything to say? */
bool h2_session_has_ended(const struct h2_session *session);

#endif
