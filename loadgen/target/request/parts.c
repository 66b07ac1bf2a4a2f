#include "loadgen/target/request/parts.h"

#include <string.h>
#include <strings.h>

bool parts_line_is(struct slice line, const char *name)
{
    size_t length = strlen(name);
    return line.length > length && line.at[length] == ':' &&
           strncasecmp(line.at, name, length) == 0;
}

struct slice parts_next_line(struct slice *rest)
{
    const char *end = memchr(rest->at, '\n', rest->length);
    struct slice line = {rest->at, (size_t)(end - rest->at) - 1};
    *rest = (struct slice){end + 1, rest->length - line.length - 2};
    return line;
}

bool parts_is_numbered(const struct request *request, struct slice line)
{
    size_t offset = (size_t)(line.at - request->bytes);
    return request->sequence_at > offset && request->sequence_at <= offset + line.length;
}

static enum field_kind kind_of(const struct request *request, struct slice line)
{
    static const char *const connection[] = {"Connection",        "Keep-Alive", "Proxy-Connection",
                                             "Transfer-Encoding", "Upgrade",    "HTTP2-Settings"};
    for (size_t i = 0; i < sizeof connection / sizeof connection[0]; i++) {
        if (parts_line_is(line, connection[i])) {
            return FIELD_CONNECTION;
        }
    }
    /* HTTP/2 has kept only one value of TE. */
    if (parts_line_is(line, "TE") && !memmem(line.at, line.length, "trailers", 8)) {
        return FIELD_CONNECTION;
    }
    return parts_line_is(line, "Host")        ? FIELD_HOST
           : parts_is_numbered(request, line) ? FIELD_NUMBER
                                              : FIELD_OTHER;
}

struct field parts_next_field(const struct request *request, struct slice *rest)
{
    struct slice line = parts_next_line(rest);
    const char *end = line.at + line.length;
    const char *colon = memchr(line.at, ':', line.length);
    const char *value = colon ? colon + 1 : end;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return (struct field){
        .name_at = (uint32_t)(line.at - request->bytes),
        .value_at = (uint32_t)(value - request->bytes),
        .value_length = (uint32_t)(end - value),
        .name_length = (uint32_t)(colon ? colon - line.at : 0),
        .kind = (uint32_t)(colon ? kind_of(request, line) : FIELD_CONNECTION),
    };
}

struct field parts_field(const struct request *request, size_t i)
{
    struct field field;
    memcpy(&field, request->bytes + request->length + i * sizeof field, sizeof field);
    return field;
}

void parts_add_fields(struct bytes *out, struct request *request)
{
    size_t begin = out->length - request->length;
    size_t end = request->layout.headers_at + request->layout.headers_length;
    for (size_t at = request->layout.headers_at; at < end;) {
        struct request here = *request;
        here.bytes = out->at + begin; /* which moves when it grows */
        struct slice rest = {here.bytes + at, end - at};
        struct field field = parts_next_field(&here, &rest);
        at = end - rest.length;
        bytes_add(out, &field, sizeof field);
    }
    request->layout.has_fields = !out->has_failed;
}

struct request_layout parts_find(const char *bytes, size_t length)
{
    const char *end = bytes + length;
    const char *path = (const char *)memchr(bytes, ' ', length) + 1;
    const char *path_end = memchr(path, ' ', (size_t)(end - path));
    const char *headers = (const char *)memchr(path_end, '\n', (size_t)(end - path_end)) + 1;
    const char *blank = memmem(headers - 2, (size_t)(end - headers + 2), "\r\n\r\n", 4);
    struct request_layout layout = {
        .path_at = (uint32_t)(path - bytes),
        .path_length = (uint32_t)(path_end - path),
        .headers_at = (uint32_t)(headers - bytes),
        .headers_length = (uint32_t)(blank + 2 - headers),
    };
    for (struct slice rest = {headers, layout.headers_length}; rest.length > 0;) {
        layout.is_chunked |= parts_line_is(parts_next_line(&rest), "Transfer-Encoding");
        layout.header_count++;
    }
    return layout;
}

void parts_of(const struct request *request, struct parts *parts)
{
    struct request_layout layout =
        request->layout.headers_at ? request->layout : parts_find(request->bytes, request->length);
    size_t head_length = layout.headers_at + layout.headers_length + 2;
    parts->method = (struct slice){request->bytes, layout.path_at - 1};
    parts->path = (struct slice){request->bytes + layout.path_at, layout.path_length};
    parts->headers = (struct slice){request->bytes + layout.headers_at, layout.headers_length};
    parts->header_count = layout.header_count;
    parts->is_chunked = layout.is_chunked;
    parts->raw_body =
        request->tail ? (struct slice){request->tail, request->tail_length}
                      : (struct slice){request->bytes + head_length, request->length - head_length};
    struct slice body = parts->raw_body;
    if (parts->is_chunked && body.length > 0) {
        parts_next_line(&body); /* the size of the one chunk */
    }
    parts->body = (struct slice){body.at, request->body_length};
}
