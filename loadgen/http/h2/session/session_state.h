/*
 * session_state - the state of an HTTP/2 session, shared by its parts: session.c, which its owner
 * calls, and callbacks.c, which nghttp2 calls.
 *
 * Other code uses the functions of session.h. Threads, memory: see session.h.
 */
#ifndef LOADGEN_HTTP_H2_SESSION_SESSION_STATE_H
#define LOADGEN_HTTP_H2_SESSION_SESSION_STATE_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/http/engine.h"
#include "loadgen/http/h2/session/stream.h"

enum {
    H2_STREAMS_MAX = 100,
    H2_PROBLEM_MAX = 160,
    H2_FRAME_MAX = 16384 + 10, /* the largest frame of nghttp2, with header and padding */
};

/* Called when a stream has ended. Unless stream->is_whole, `code` is the HTTP/2 error code. */
typedef void h2_end_fn(struct h2_stream *stream, uint32_t code);

struct h2_session {
    nghttp2_session *nghttp2; /* NULL: closed */
    const struct engine_config *config;
    h2_end_fn *on_end;
    struct h2_streams streams;
    struct h2_stream *packed; /* streams whose request begins or ends in the last filled buffer */
    uint64_t now_ns;          /* when the bytes being read were received */
    bool has_settings;        /* the server has sent its SETTINGS */
    bool has_goaway;          /* the server has sent GOAWAY, with goaway_code */
    uint32_t goaway_code;
    char problem[H2_PROBLEM_MAX]; /* of the session, or of the stream that ends; "": none */
};

/* Adds the stream to `packed`, or removes it. */
void h2_session_pack(struct h2_session *session, struct h2_stream *stream);
void h2_session_unpack(struct h2_session *session, struct h2_stream *stream);

/* Removes the stream from the session. */
void h2_session_forget(struct h2_session *session, struct h2_stream *stream);

#endif
