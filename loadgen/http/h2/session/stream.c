#include "loadgen/http/h2/session/stream.h"

void h2_streams_insert(struct h2_streams *streams, struct h2_stream *stream)
{
    struct h2_stream *before = streams->last;
    while (before && before->exchange.started_ns > stream->exchange.started_ns) {
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
