#include "loadgen/http/answer/capture.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 256 };

void capture_begin(struct capture *capture, uint64_t max_body)
{
    capture->headers.length = 0;
    capture->body.length = 0;
    capture->max_body = max_body;
    capture->is_lost = false;
}

static bool grow(struct capture_buffer *buffer, size_t needed)
{
    size_t room = buffer->room ? buffer->room : ROOM_LEAST;
    while (room < needed) {
        room *= 2;
    }
    char *larger = realloc(buffer->bytes, room);
    if (!larger) {
        return false;
    }
    buffer->bytes = larger;
    buffer->room = room;
    return true;
}

static bool append(struct capture_buffer *buffer, const char *bytes, size_t length)
{
    if (length > SIZE_MAX / 4 - buffer->length) {
        return false;
    }
    size_t needed = buffer->length + length;
    if ((needed > buffer->room || !buffer->bytes) && !grow(buffer, needed)) {
        return false;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    return true;
}

void capture_header(struct capture *capture, const char *bytes, size_t length)
{
    capture->is_lost |= !append(&capture->headers, bytes, length);
}

void capture_header_trim(struct capture *capture)
{
    struct capture_buffer *headers = &capture->headers;
    while (headers->length > 0 && strchr(" \t", headers->bytes[headers->length - 1])) {
        headers->length--;
    }
}

void capture_header_end(struct capture *capture)
{
    capture_header_trim(capture);
    capture_header(capture, "\r\n", 2);
}

void capture_body(struct capture *capture, const char *bytes, size_t length)
{
    uint64_t room = capture->max_body - capture->body.length;
    if (length > room) {
        length = (size_t)room;
    }
    capture->is_lost |= !append(&capture->body, bytes, length);
}

void capture_fini(struct capture *capture)
{
    free(capture->headers.bytes);
    free(capture->body.bytes);
    *capture = (struct capture){0};
}
