#include "loadgen/http/h2_session.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/h2_request.h"

enum {
    STREAM_WINDOW = 4 << 20,
    CONNECTION_WINDOW = 1 << 30,
    HEADERS_MAX = 16 << 20, /* of a request */
};

void h2_streams_insert(struct h2_streams *streams, struct h2_stream *stream)
{
    struct h2_stream *before = streams->last;
    while (before && before->flight.started_ns > stream->flight.started_ns) {
        before = before->prev;
    }
    stream->prev = before;
    stream->next = before ? before->next : streams->first;
    *(stream->prev ? &stream->prev->next : &streams->first) = stream;
    *(stream->next ? &stream->next->prev : &streams->last) = stream;
    streams->count++;
}

void h2_streams_remove(struct h2_streams *streams, struct h2_stream *stream)
{
    *(stream->prev ? &stream->prev->next : &streams->first) = stream->next;
    *(stream->next ? &stream->next->prev : &streams->last) = stream->prev;
    streams->count--;
}

/* What is in the bytes that go out. */

static void pack(struct h2_session *session, struct h2_stream *stream)
{
    if (!stream->is_packed) {
        stream->is_packed = true;
        stream->prev_packed = NULL;
        stream->next_packed = session->packed;
        if (session->packed) {
            session->packed->prev_packed = stream;
        }
        session->packed = stream;
    }
}

static void unpack(struct h2_session *session, struct h2_stream *stream)
{
    if (stream->is_packed) {
        stream->is_packed = false;
        *(stream->prev_packed ? &stream->prev_packed->next_packed : &session->packed) =
            stream->next_packed;
        if (stream->next_packed) {
            stream->next_packed->prev_packed = stream->prev_packed;
        }
    }
}

void h2_session_giving(struct h2_session *session, uint64_t now_ns)
{
    for (struct h2_stream *stream = session->packed; stream; stream = stream->next_packed) {
        if (stream->exchange.sent_ns == 0) {
            stream->exchange.sent_ns = now_ns;
        }
    }
}

void h2_session_gave(struct h2_session *session)
{
    while (session->packed) {
        struct h2_stream *stream = session->packed;
        if (stream->body_given == stream->body.length) {
            stream->exchange.bytes_out = stream->body.length;
        }
        unpack(session, stream);
    }
}

/* The session has nothing to do with the stream any more. */
static void forget(struct h2_session *session, struct h2_stream *stream)
{
    nghttp2_session_set_stream_user_data(session->nghttp2, stream->id, NULL);
    unpack(session, stream);
    h2_streams_remove(&session->streams, stream);
    stream->id = 0;
}

/* What nghttp2 tells. */

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
    if (session->config->keeps_answers && !stream->is_head_over) {
        capture_begin(&stream->capture, session->config->max_body);
    }
    return 0;
}

/* False: it is no status of an answer, as engine_h1 has it. */
static bool take_status(struct h2_stream *stream, const uint8_t *value, size_t length)
{
    struct exchange *x = &stream->exchange;
    stream->code = 0;
    for (size_t i = 0; i < length && i < 3; i++) {
        stream->code = (uint16_t)(stream->code * 10 + value[i] - '0');
    }
    x->reason[0] = '\0';
    if (stream->code >= 400) { /* HTTP/2 has no text: the usual one, as Go has it */
        snprintf(x->reason, sizeof x->reason, "%s", MHD_get_reason_phrase_for(stream->code));
    }
    return stream->code >= 100;
}

static void take_location(struct h2_stream *stream, const uint8_t *value, size_t length)
{
    if (!stream->location) {
        stream->location = malloc(H2_LOCATION_MAX);
    }
    if (stream->location && length < H2_LOCATION_MAX) {
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
        snprintf(session->problem, sizeof session->problem, "the status is %.*s, and below 100",
                 (int)value_length, (const char *)value);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* ends the stream */
    }
    if (name_length == strlen("location") && memcmp(name, "location", name_length) == 0) {
        take_location(stream, value, value_length);
    }
    if (session->config->keeps_answers) {
        struct capture *capture = &stream->capture;
        capture_header(capture, (const char *)name, name_length);
        capture_header(capture, ": ", 2);
        capture_header(capture, (const char *)value, value_length);
        capture_header_end(capture);
    }
    return 0;
}

static int on_data(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t length, void *context)
{
    const struct h2_session *session = context;
    struct h2_stream *stream = find(nghttp2, id);
    (void)flags;
    if (stream) {
        stream->exchange.bytes_in += length;
        if (session->config->keeps_answers) {
            capture_body(&stream->capture, (const char *)bytes, length);
        }
    }
    return 0;
}

/* The answer is complete; the request may not be, and then nobody wants the rest. */
static void end_answer(nghttp2_session *nghttp2, struct h2_session *session,
                       struct h2_stream *stream)
{
    stream->is_whole = true;
    stream->exchange.done_ns = session->now_ns;
    if (nghttp2_session_get_stream_local_close(nghttp2, stream->id) == 0) {
        nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
        forget(session, stream);
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
        forget(session, stream);
        session->on_end(stream, code);
    }
    return 0;
}

/* A request that did not get out: the session was ended meanwhile, or it could not be written. */
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
    forget(session, stream);
    session->on_end(stream, session->problem[0] ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_REFUSED_STREAM);
    return 0;
}

static int before_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = find(nghttp2, frame->hd.stream_id);
    if (stream && frame->hd.type == NGHTTP2_HEADERS) {
        pack(session, stream);
    }
    if (frame->hd.type == NGHTTP2_GOAWAY && session->problem[0] == '\0') {
        snprintf(session->problem, sizeof session->problem, "connection error: %s%s%.*s",
                 nghttp2_http2_strerror(frame->goaway.error_code),
                 frame->goaway.opaque_data_len > 0 ? ": " : "", (int)frame->goaway.opaque_data_len,
                 (const char *)frame->goaway.opaque_data);
    }
    return 0;
}

static ssize_t on_read(nghttp2_session *nghttp2, int32_t id, uint8_t *buffer, size_t size,
                       uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct h2_stream *stream = source->ptr;
    size_t left = stream->body.length - stream->body_given;
    size_t length = left < size ? left : size;
    (void)nghttp2, (void)id;
    memcpy(buffer, stream->body.at + stream->body_given, length);
    stream->body_given += length;
    if (length == left) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        pack(context, stream);
    }
    return (ssize_t)length;
}

/* In nghttp2's words, which are about the first thing that was wrong. */
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

/* The session. */

static nghttp2_session *make(struct h2_session *session)
{
    nghttp2_session *nghttp2 = NULL;
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NULL;
    }
    if (nghttp2_option_new(&option) != 0) {
        nghttp2_session_callbacks_del(callbacks);
        return NULL;
    }
    nghttp2_option_set_max_send_header_block_length(option, HEADERS_MAX);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
    nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, before_frame);
    nghttp2_session_callbacks_set_error_callback2(callbacks, on_problem);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid);
    nghttp2_session_client_new2(&nghttp2, callbacks, session, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return nghttp2;
}

bool h2_session_open(struct h2_session *session, const struct engine_config *config,
                     h2_end_fn *on_end)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW},
    };
    *session = (struct h2_session){.config = config, .on_end = on_end};
    session->nghttp2 = make(session);
    bool ok = session->nghttp2 &&
              nghttp2_submit_settings(session->nghttp2, NGHTTP2_FLAG_NONE, settings, 2) == 0 &&
              nghttp2_session_set_local_window_size(session->nghttp2, NGHTTP2_FLAG_NONE, 0,
                                                    CONNECTION_WINDOW) == 0;
    if (!ok) {
        h2_session_close(session);
    }
    return ok;
}

void h2_session_close(struct h2_session *session)
{
    while (session->packed) {
        unpack(session, session->packed);
    }
    nghttp2_session_del(session->nghttp2);
    session->nghttp2 = NULL;
}

bool h2_session_takes(const struct h2_session *session)
{
    return nghttp2_session_check_request_allowed(session->nghttp2);
}

void h2_session_problem(struct h2_session *session, char problem[H2_PROBLEM_MAX])
{
    memcpy(problem, session->problem, H2_PROBLEM_MAX);
    if (h2_session_takes(session)) {
        session->problem[0] = '\0'; /* it was the stream's alone */
    }
}

size_t h2_session_limit(const struct h2_session *session)
{
    uint32_t limit = nghttp2_session_get_remote_settings(session->nghttp2,
                                                         NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return limit < H2_STREAMS_MAX ? limit : H2_STREAMS_MAX;
}

bool h2_session_begin(struct h2_session *session, struct h2_stream *stream)
{
    nghttp2_data_provider body = {.source.ptr = stream, .read_callback = on_read};
    struct h2_request request;
    if (!h2_request_make(&request, stream)) {
        return false;
    }
    stream->body_given = 0;
    int32_t id = nghttp2_submit_request(session->nghttp2, NULL, request.list, request.count,
                                        stream->body.length > 0 ? &body : NULL, stream);
    h2_request_fini(&request);
    if (id < 0) {
        return false;
    }
    stream->id = id;
    stream->code = 0;
    stream->is_head_over = stream->is_whole = false;
    if (stream->location) {
        stream->location[0] = '\0';
    }
    h2_streams_insert(&session->streams, stream);
    return true;
}

void h2_session_cancel(struct h2_session *session, struct h2_stream *stream)
{
    nghttp2_submit_rst_stream(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
    forget(session, stream);
}

bool h2_session_take(struct h2_session *session, const char *bytes, size_t length, uint64_t now_ns)
{
    session->now_ns = now_ns;
    if (h2_session_takes(session)) {
        session->problem[0] = '\0'; /* it was about a stream that is no more */
    }
    ssize_t n = nghttp2_session_mem_recv(session->nghttp2, (const uint8_t *)bytes, length);
    if (n < 0 && session->problem[0] == '\0') {
        snprintf(session->problem, sizeof session->problem, "%s", nghttp2_strerror((int)n));
    }
    return n >= 0;
}

size_t h2_session_give(struct h2_session *session, char *buffer, size_t size)
{
    size_t total = 0;
    const uint8_t *frame = NULL;
    while (size - total >= H2_FRAME_MAX) {
        ssize_t n = nghttp2_session_mem_send(session->nghttp2, &frame);
        if (n <= 0) {
            return n < 0 ? SIZE_MAX : total;
        }
        memcpy(buffer + total, frame, (size_t)n);
        total += (size_t)n;
    }
    return total;
}

bool h2_session_has_ended(const struct h2_session *session)
{
    return !nghttp2_session_want_read(session->nghttp2) &&
           !nghttp2_session_want_write(session->nghttp2);
}
