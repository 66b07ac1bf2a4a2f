#include "loadgen/http/h2/session/session_state.h"

void h2_session_pack(struct h2_session *session, struct h2_stream *stream)
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

void h2_session_unpack(struct h2_session *session, struct h2_stream *stream)
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

void h2_session_forget(struct h2_session *session, struct h2_stream *stream)
{
    nghttp2_session_set_stream_user_data(session->nghttp2, stream->id, NULL);
    h2_session_unpack(session, stream);
    h2_streams_remove(&session->streams, stream);
    stream->id = 0;
}
