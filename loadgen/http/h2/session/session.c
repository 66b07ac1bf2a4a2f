#include "loadgen/http/h2/session/session.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/http/h2/session/callbacks.h"
#include "loadgen/http/h2/session/request.h"

enum {
    STREAM_WINDOW = 4 << 20,
    CONNECTION_WINDOW = 1 << 30,
    HEADERS_MAX = 16 << 20, /* of a request */
};

static nghttp2_session *make(struct h2_session *session)
{
    nghttp2_session *nghttp2 = NULL;
    nghttp2_option *option = NULL;
    nghttp2_session_callbacks *callbacks = h2_callbacks_create();
    if (callbacks && nghttp2_option_new(&option) == 0) {
        nghttp2_option_set_max_send_header_block_length(option, HEADERS_MAX);
        nghttp2_session_client_new2(&nghttp2, callbacks, session, option);
        nghttp2_option_del(option);
    }
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
        h2_session_unpack(session, session->packed);
    }
    nghttp2_session_del(session->nghttp2);
    session->nghttp2 = NULL;
}

bool h2_session_can_open(const struct h2_session *session)
{
    return nghttp2_session_check_request_allowed(session->nghttp2);
}

void h2_session_problem(struct h2_session *session, char problem[H2_PROBLEM_MAX])
{
    memcpy(problem, session->problem, H2_PROBLEM_MAX);
    if (h2_session_can_open(session)) {
        session->problem[0] = '\0'; /* it was about that stream only */
    }
}

size_t h2_session_max_streams(const struct h2_session *session)
{
    uint32_t limit = nghttp2_session_get_remote_settings(session->nghttp2,
                                                         NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return limit < H2_STREAMS_MAX ? limit : H2_STREAMS_MAX;
}

/* The body of a request, as nghttp2 asks for it. */
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
        h2_session_pack(context, stream);
    }
    return (ssize_t)length;
}

bool h2_session_submit(struct h2_session *session, struct h2_stream *stream)
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
    stream->is_head_over = stream->is_whole = stream->is_lost = false;
    if (stream->location) {
        stream->location[0] = '\0';
    }
    h2_streams_insert(&session->streams, stream);
    return true;
}

void h2_session_cancel(struct h2_session *session, struct h2_stream *stream)
{
    nghttp2_submit_rst_stream(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
    h2_session_forget(session, stream);
}

bool h2_session_receive(struct h2_session *session, const char *bytes, size_t length,
                        uint64_t now_ns)
{
    session->now_ns = now_ns;
    if (h2_session_can_open(session)) {
        session->problem[0] = '\0'; /* it was about a stream that has ended */
    }
    ssize_t n = nghttp2_session_mem_recv(session->nghttp2, (const uint8_t *)bytes, length);
    if (n < 0 && session->problem[0] == '\0') {
        snprintf(session->problem, sizeof session->problem, "%s", nghttp2_strerror((int)n));
    }
    return n >= 0;
}

size_t h2_session_fill(struct h2_session *session, char *buffer, size_t size)
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

void h2_session_mark_sending(struct h2_session *session, uint64_t now_ns)
{
    for (struct h2_stream *stream = session->packed; stream; stream = stream->next_packed) {
        if (stream->exchange.sent_ns == 0) {
            stream->exchange.sent_ns = now_ns;
        }
    }
}

void h2_session_mark_sent(struct h2_session *session)
{
    while (session->packed) {
        struct h2_stream *stream = session->packed;
        if (stream->body_given == stream->body.length) {
            stream->exchange.bytes_out = stream->body.length;
        }
        h2_session_unpack(session, stream);
    }
}

void h2_session_terminate(struct h2_session *session)
{
    nghttp2_session_terminate_session(session->nghttp2, NGHTTP2_NO_ERROR);
}

bool h2_session_has_ended(const struct h2_session *session)
{
    return !nghttp2_session_want_read(session->nghttp2) &&
           !nghttp2_session_want_write(session->nghttp2);
}
