/*
 * session - HTTP/2 on one connection: a layer over nghttp2, without sockets or clocks.
 *
 *     h2_session_submit(stream) -> frames -> h2_session_fill -> bytes for the link
 *     bytes from the link -> h2_session_receive -> on_end(stream), at most once for each stream
 *
 * It writes what happens to a stream into the stream's exchange. Flow-control windows are as large
 * as those of Go's client, so that they do not slow down the server.
 *
 * on_end is called from inside nghttp2. Of the functions below, it may call only h2_session_submit,
 * h2_session_cancel (for any session), h2_session_can_open, h2_session_max_streams and
 * h2_session_problem.
 *
 * session.c has the functions that the owner calls, callbacks.c those that nghttp2 calls. They
 * share the state in session_state.h.
 *
 * Threads: belongs to one thread. Memory: start with zeroes, h2_session_close; nghttp2 allocates
 * memory for each stream.
 */
#ifndef LOADGEN_HTTP_H2_SESSION_SESSION_H
#define LOADGEN_HTTP_H2_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/h2/session/session_state.h"

/* False: out of memory. */
bool h2_session_open(struct h2_session *session, const struct engine_config *config,
                     h2_end_fn *on_end);

/* Does not call on_end: open streams stay in `streams`. */
void h2_session_close(struct h2_session *session);

/* True if a new stream can be opened: neither side has sent GOAWAY and stream ids remain. */
bool h2_session_can_open(const struct h2_session *session);

/* How many concurrent streams the server allows now; at most H2_STREAMS_MAX. */
size_t h2_session_max_streams(const struct h2_session *session);

/* For on_end: copies the reason why nghttp2 ended the stream; "" if the server ended it. */
void h2_session_problem(struct h2_session *session, char problem[H2_PROBLEM_MAX]);

/* Opens a stream for stream->request; requires h2_session_can_open. False: out of memory. */
bool h2_session_submit(struct h2_session *session, struct h2_stream *stream);

/* Resets the stream (RST_STREAM) and forgets it, without on_end. */
void h2_session_cancel(struct h2_session *session, struct h2_stream *stream);

/* Reads bytes received at now_ns. False: a connection error, described in session->problem. */
bool h2_session_receive(struct h2_session *session, const char *bytes, size_t length,
                        uint64_t now_ns);

/*
 * Fills the buffer, of at least H2_FRAME_MAX bytes, with frames to send. Returns their length, 0 if
 * there are none; SIZE_MAX: out of memory. Streams whose request begins or ends in the buffer stay
 * packed until h2_session_mark_sent.
 */
size_t h2_session_fill(struct h2_session *session, char *buffer, size_t size);

/* Call mark_sending when the buffer is about to be written, and mark_sent when all of it was. */
void h2_session_mark_sending(struct h2_session *session, uint64_t now_ns);
void h2_session_mark_sent(struct h2_session *session);

/* Ends the session: the last frame that h2_session_fill writes is GOAWAY. */
void h2_session_terminate(struct h2_session *session);

/* True if nghttp2 has nothing to send and expects nothing. */
bool h2_session_has_ended(const struct h2_session *session);

#endif
