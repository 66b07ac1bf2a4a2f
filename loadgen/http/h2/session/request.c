#include "loadgen/http/h2/session/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/target/request/parts.h"

enum { PSEUDO = 4 };

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

static bool make_room(struct h2_request *request, size_t count)
{
    request->list = count <= H2_REQUEST_FEW ? request->few : calloc(count, sizeof(nghttp2_nv));
    request->count = 0;
    return request->list != NULL;
}

static void add_field(struct h2_request *request, const struct h2_stream *stream,
                      struct field field)
{
    const char *bytes = stream->request->bytes;
    struct slice value = {bytes + field.value_at, field.value_length};
    if (field.kind == FIELD_NUMBER) {
        snprintf(request->digits, sizeof request->digits, "%" PRIu64, stream->exchange.number);
        value = slice_of(request->digits);
    }
    if (field.kind != FIELD_CONNECTION) {
        add(request, (struct slice){bytes + field.name_at, field.name_length}, value);
    }
}

bool h2_request_make(struct h2_request *request, struct h2_stream *stream)
{
    const struct request *sent = stream->request;
    struct parts parts;
    struct slice authority = {"", 0};
    parts_of(sent, &parts);
    stream->body = parts.body;
    if (!make_room(request, PSEUDO + parts.header_count)) {
        return false;
    }
    add(request, slice_of(":method"), parts.method);
    add(request, slice_of(":scheme"), slice_of(stream->is_https ? "https" : "http"));
    add(request, slice_of(":path"), parts.path);
    size_t authority_at = request->count++;
    struct slice rest = parts.headers;
    for (size_t i = 0; i < parts.header_count; i++) {
        struct field field =
            sent->layout.has_fields ? parts_field(sent, i) : parts_next_field(sent, &rest);
        if (field.kind == FIELD_HOST) {
            authority = (struct slice){sent->bytes + field.value_at, field.value_length};
        } else {
            add_field(request, stream, field);
        }
    }
    size_t count = request->count;
    request->count = authority_at;
    add(request, slice_of(":authority"), authority);
    request->count = count;
    return true;
}

void h2_request_fini(struct h2_request *request)
{
    if (request->list != request->few) {
        free(request->list);
    }
}
