#include "loadgen/http/h2_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/h2_session.h"
#include "loadgen/http/parts.h"

enum { PSEUDO = 4 };

static bool is_left_out(struct slice line)
{
    static const char *const names[] = {
        "Host",    "Connection",    "Keep-Alive", "Proxy-Connection", "Transfer-Encoding",
        "Upgrade", "HTTP2-Settings"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (parts_line_is(line, names[i])) {
            return true;
        }
    }
    /* Of what it says HTTP/2 has kept but one thing. */
    return parts_line_is(line, "TE") && !memmem(line.at, line.length, "trailers", 8);
}

static void add(struct h2_request *request, struct slice name, struct slice value)
{
    union { /* nghttp2 only reads, but asks for pointers that could write */
        const char *from;
        uint8_t *to;
    } bytes[2] = {{name.at}, {value.at}};
    request->list[request->count++] = (nghttp2_nv){
        .name = bytes[0].to,
        .value = bytes[1].to,
        .namelen = name.length,
        .valuelen = value.length,
    };
}

static struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

/* What stands behind the colon, without the blanks around it. */
static struct slice value_of(struct slice line, size_t colon)
{
    const char *at = line.at + colon + 1;
    const char *end = line.at + line.length;
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return (struct slice){at, (size_t)(end - at)};
}

static size_t colon_of(struct slice line)
{
    const char *colon = memchr(line.at, ':', line.length);
    return colon ? (size_t)(colon - line.at) : line.length;
}

static bool make_room(struct h2_request *request, const struct parts *parts)
{
    size_t lines = PSEUDO;
    for (struct slice rest = parts->headers; rest.length > 0; lines++) {
        parts_next_line(&rest);
    }
    request->list = lines <= H2_REQUEST_FEW ? request->few : calloc(lines, sizeof(nghttp2_nv));
    return request->list != NULL;
}

bool h2_request_make(struct h2_request *request, struct h2_stream *stream)
{
    struct parts parts;
    struct slice authority = {"", 0};
    parts_of(stream->request, &parts);
    stream->body = parts.body;
    request->count = 0;
    if (!make_room(request, &parts)) {
        return false;
    }
    for (struct slice rest = parts.headers; rest.length > 0;) {
        struct slice line = parts_next_line(&rest);
        if (parts_line_is(line, "Host")) {
            authority = value_of(line, strlen("Host"));
        }
    }
    add(request, slice_of(":method"), parts.method);
    add(request, slice_of(":scheme"), slice_of(stream->is_https ? "https" : "http"));
    add(request, slice_of(":authority"), authority);
    add(request, slice_of(":path"), parts.path);
    for (struct slice rest = parts.headers; rest.length > 0;) {
        struct slice line = parts_next_line(&rest);
        size_t colon = colon_of(line);
        if (colon == line.length || is_left_out(line)) {
            continue;
        }
        struct slice value = value_of(line, colon);
        if (parts_is_numbered(stream->request, line)) {
            snprintf(request->digits, sizeof request->digits, "%" PRIu64, stream->exchange.number);
            value = slice_of(request->digits);
        }
        add(request, (struct slice){line.at, colon}, value);
    }
    return true;
}

void h2_request_fini(struct h2_request *request)
{
    if (request->list != request->few) {
        free(request->list);
    }
}
