#include "loadgen/http/parts.h"

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

void parts_of(const struct request *request, struct parts *parts)
{
    const char *end = request->bytes + request->length;
    const char *space = memchr(request->bytes, ' ', request->length);
    const char *second = memchr(space + 1, ' ', (size_t)(end - space - 1));
    const char *headers = (const char *)memchr(second, '\n', (size_t)(end - second)) + 1;
    const char *blank = memmem(headers - 2, (size_t)(end - headers + 2), "\r\n\r\n", 4);
    parts->method = (struct slice){request->bytes, (size_t)(space - request->bytes)};
    parts->path = (struct slice){space + 1, (size_t)(second - space - 1)};
    parts->headers = (struct slice){headers, (size_t)(blank + 2 - headers)};
    parts->is_chunked = false;
    for (struct slice rest = parts->headers; rest.length > 0;) {
        parts->is_chunked |= parts_line_is(parts_next_line(&rest), "Transfer-Encoding");
    }
    struct slice body = {blank + 4, (size_t)(end - blank - 4)};
    if (parts->is_chunked && body.length > 0) {
        parts_next_line(&body); /* the length of the one chunk */
    }
    parts->body = (struct slice){body.at, request->body_length};
}
