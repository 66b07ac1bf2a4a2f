#include "loadgen/http/h2/session/callbacks.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/answer/violations.h"

static struct h2_stream *find(nghttp2_session *nghttp2, int32_t id)
{
    return id > 0 ? nghttp2_session_get_stream_user_data(nghttp2, id) : NULL;
}

static int on_begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = find(nghttp2, frame->hd.stream_id);
    if (!stream) {
        return 0;
    }
    if (stream->exchange.first_byte_ns == 0) {
        stream->exchange.first_byte_ns = session->now_ns;
    }
    if (stream->exchange.terms->keeps_answers && !stream->is_head_over) {
        capture_begin(&stream->capture, stream->exchange.terms->max_body);
    }
    return 0;
}

/* False: not a valid status; engine_h1 has the same rule. */
static bool take_status(struct h2_stream *stream, const uint8_t *value, size_t length)
{
    struct exchange *x = &stream->exchange;
    stream->code = 0;
    for (size_t i = 0; i < length && i < 3; i++) {
        stream->code = (uint16_t)(stream->code * 10 + value[i] - '0');
    }
    x->reason[0] = '\0';
    if (stream->code >= 400) { /* HTTP/2 has no status text; use the standard one, like Go */
        snprintf(x->reason, sizeof x->reason, "%s", MHD_get_reason_phrase_for(stream->code));
    }
    return stream->code >= 100;
}

/* The first non-empty Location counts. */
static void take_location(struct h2_stream *stream, const uint8_t *value, size_t length)
{
    if (stream->code / 100 != 3 || (stream->location && stream->location[0])) {
        return;
    }
    if (!stream->location) {
        stream->location = malloc(H2_LOCATION_MAX);
        stream->is_lost = !stream->location;
    }
    if (stream->location) {
        length = length < H2_LOCATION_MAX - 1 ? length : H2_LOCATION_MAX - 1;
        memcpy(stream->location, value, length);
        stream->location[length] = '\0';
    }
}

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = find(nghttp2, frame->hd.stream_id);
    (void)flags;
    if (!stream || stream->is_head_over) {
        return 0;
    }
    if (name[0] == ':') {
        if (take_status(stream, value, value_length)) {
            return 0;
        }
        snprintf(session->problem, sizeof session->problem,
                 "the status is %.*s, which is below 100", (int)value_length, (const char *)value);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* ends the stream */
    }
    if (name_length == strlen("location") && memcmp(name, "location", name_length) == 0) {
        take_location(stream, value, value_length);
    }
    if (stream->exchange.terms->keeps_answers) {
        struct capture *capture = &stream->capture;
        capture_header(capture, (const char *)name, name_length);
        capture_header(capture, ": ", 2);
        capture_header(capture, (const char *)value, value_length);
        capture_header_end(capture);
    }
    return 0;
}

/* nghttp2 drops the invalid field, as curl does; the answer is accepted. */
static int on_invalid_header(nghttp2_session *nghttp2, const nghttp2_frame *frame,
                             const uint8_t *name, size_t name_length, const uint8_t *value,
                             size_t value_length, uint8_t flags, void *context)
{
    struct h2_stream *stream = find(nghttp2, frame->hd.stream_id);
    (void)value, (void)value_length, (void)flags, (void)context;
    if (stream) {
        stream->exchange.violations |= nghttp2_check_header_name(name, name_length)
                                           ? VIOLATION_BIT(header_value)
                                           : VIOLATION_BIT(header_name);
    }
    return 0;
}

static int on_data(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t length, void *context)
{
    struct h2_stream *stream = find(nghttp2, id);
    (void)flags, (void)context;
    if (stream) {
        stream->exchange.bytes_in += length;
        if (stream->exchange.terms->keeps_answers) {
            capture_body(&stream->capture, (const char *)bytes, length);
        }
    }
    return 0;
}

/* The answer is complete; if the request is not, its rest is not needed. */
static void end_answer(nghttp2_session *nghttp2, struct h2_session *session,
                       struct h2_stream *stream)
{
    stream->is_whole = true;
    stream->exchange.done_ns = session->now_ns;
    if (nghttp2_session_get_stream_local_close(nghttp2, stream->id) == 0) {
        nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
        h2_session_forget(session, stream);
        session->on_end(stream, NGHTTP2_NO_ERROR);
    } /* else it is closed now */
}

static int on_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = find(nghttp2, frame->hd.stream_id);
    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
        session->has_settings = true;
        break;
    case NGHTTP2_GOAWAY:
        session->has_goaway = true;
        session->goaway_code = frame->goaway.error_code;
        break;
    case NGHTTP2_HEADERS:
        if (stream && stream->code >= 200) {
            stream->is_head_over = true;
        }
        break;
    default:
        break;
    }
    if (stream && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        end_answer(nghttp2, session, stream);
    }
    return 0;
}

static int on_close(nghttp2_session *nghttp2, int32_t id, uint32_t code, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = find(nghttp2, id);
    if (stream) {
        h2_session_forget(session, stream);
        session->on_end(stream, code);
    }
    return 0;
}

/*
 * Called for a request that was not sent: the session has ended, or the request could not be
 * written.
 */
static int on_not_sent(nghttp2_session *nghttp2, const nghttp2_frame *frame, int problem,
                       void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = session->streams.first;
    (void)nghttp2;
    while (stream && stream->id != frame->hd.stream_id) {
        stream = stream->next;
    }
    if (!stream || frame->hd.type != NGHTTP2_HEADERS) {
        return 0;
    }
    if (problem != NGHTTP2_ERR_START_STREAM_NOT_ALLOWED && session->problem[0] == '\0') {
        snprintf(session->problem, sizeof session->problem, "%s", nghttp2_strerror(problem));
    }
    h2_session_forget(session, stream);
    session->on_end(stream, session->problem[0] ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_REFUSED_STREAM);
    return 0;
}

static int before_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = find(nghttp2, frame->hd.stream_id);
    if (stream && frame->hd.type == NGHTTP2_HEADERS) {
        h2_session_pack(session, stream);
    }
    if (frame->hd.type == NGHTTP2_GOAWAY && session->problem[0] == '\0') {
        snprintf(session->problem, sizeof session->problem, "connection error: %s%s%.*s",
                 nghttp2_http2_strerror(frame->goaway.error_code),
                 frame->goaway.opaque_data_len > 0 ? ": " : "", (int)frame->goaway.opaque_data_len,
                 (const char *)frame->goaway.opaque_data);
    }
    return 0;
}

/* Keeps nghttp2's description of the first error. */
static int on_problem(nghttp2_session *nghttp2, int number, const char *text, size_t length,
                      void *context)
{
    struct h2_session *session = context;
    (void)nghttp2, (void)number;
    if (session->problem[0] == '\0') {
        snprintf(session->problem, sizeof session->problem, "%.*s", (int)length, text);
    }
    return 0;
}

static int on_invalid(nghttp2_session *nghttp2, const nghttp2_frame *frame, int number,
                      void *context)
{
    (void)frame;
    return on_problem(nghttp2, number, nghttp2_strerror(number), strlen(nghttp2_strerror(number)),
                      context);
}

nghttp2_session_callbacks *h2_callbacks_create(void)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NULL;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
    nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, before_frame);
    nghttp2_session_callbacks_set_error_callback2(callbacks, on_problem);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid);
    return callbacks;
}
