#include "loadgen/target/request/request_json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/sha256.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/parts.h"
#include "loadgen/target/request/secret.h"

struct slice request_head(const struct request *request)
{
    struct parts parts;
    parts_of(request, &parts);
    return (struct slice){request->bytes,
                          (size_t)(parts.headers.at + parts.headers.length + 2 - request->bytes)};
}

json_t *request_body_to_json(const struct request *request, const char *file)
{
    char hash[SHA256_TEXT];
    struct parts parts;
    parts_of(request, &parts);
    if (parts.body.length == 0) {
        return NULL;
    }
    json_t *json =
        json_pack("{s:s, s:I}", "sha256", sha256_print(parts.body.at, parts.body.length, hash),
                  "size", (json_int_t)parts.body.length);
    if (file) {
        json_object_set_new(json, "path", json_text(file));
    }
    return json;
}

json_t *request_to_json(const struct request *request, const char *file)
{
    struct slice head = request_head(request);
    json_t *body = request_body_to_json(request, file);
    json_t *json = json_pack("{s:o, s:I}", "head", json_bytes(head.at, head.length), "number_at",
                             (json_int_t)request->sequence_at);
    if (body) {
        json_object_set_new(json, "body", body);
    }
    return json;
}

json_t *request_headers_shown(const struct request *request)
{
    struct parts parts;
    parts_of(request, &parts);
    json_t *list = json_array();
    for (struct slice rest = parts.headers; rest.length > 0;) {
        struct slice line = parts_next_line(&rest);
        const char *colon = memchr(line.at, ':', line.length);
        struct slice name = {line.at, colon ? (size_t)(colon - line.at) : line.length};
        json_array_append_new(list, secret_is_name(name)
                                        ? json_pack("s%++", name.at, name.length, ": ", "***")
                                        : json_bytes(line.at, line.length));
    }
    return list;
}

/* Is this one request head: a request line, headers, an empty line, and nothing after it? */
static bool is_head(const char *text, size_t length)
{
    const char *end = text + length;
    const char *method_end = memchr(text, ' ', length);
    const char *line_end = memmem(text, length, "\r\n", 2);
    static const char version[] = " HTTP/1.1";
    size_t version_length = sizeof version - 1;
    if (!method_end || !line_end || line_end - method_end < (ptrdiff_t)version_length + 2 ||
        memcmp(line_end - version_length, version, version_length) != 0) {
        return false;
    }
    for (const char *at = method_end + 1; at < line_end - version_length; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f) {
            return false;
        }
    }
    const char *at = line_end + 2;
    while ((line_end = memmem(at, (size_t)(end - at), "\r\n", 2)) && line_end > at) {
        if (!message_is_line((struct slice){at, (size_t)(line_end - at)})) {
            return false;
        }
        at = line_end + 2;
    }
    struct slice method = {text, (size_t)(method_end - text)};
    return line_end && line_end + 2 == end && message_is_token(method);
}

/* The number is inserted at the end of a line of the headers, if anywhere. */
static bool is_number_at(const char *head, size_t length, uint64_t at)
{
    return at == 0 ||
           (at > 2 && at < length && length - at >= 4 && memcmp(head + at, "\r\n", 2) == 0 &&
            head[at - 1] != '\n' && memmem(head, at, "\r\n", 2) != NULL);
}

/* Content-Length and Transfer-Encoding say how long the body is, at most once. */
static bool fits_body(const struct request *request, struct slice body)
{
    char expected[64];
    size_t lines = 0;
    bool fits = true;
    struct parts parts;
    parts_of(request, &parts);
    snprintf(expected, sizeof expected, "Content-Length: %zu", body.length);
    for (struct slice rest = parts.headers; rest.length > 0;) {
        struct slice line = parts_next_line(&rest);
        if (parts_line_is(line, "Content-Length")) {
            lines++;
            fits &= line.length == strlen(expected) && memcmp(line.at, expected, line.length) == 0;
        } else if (parts_line_is(line, "Transfer-Encoding")) {
            static const char chunked[] = "Transfer-Encoding: chunked";
            lines++;
            fits &= line.length == strlen(chunked) && memcmp(line.at, chunked, line.length) == 0 &&
                    body.length > 0;
        }
    }
    return fits && lines <= 1 && (lines == 1 || body.length == 0);
}

static bool build(const struct bytes *head, struct slice body, struct arena *arena,
                  struct request *request)
{
    struct bytes all = {0};
    request->bytes = head->at;
    request->length = head->length;
    request->layout = parts_find(head->at, head->length);
    request->body_length = body.length;
    bool fits = fits_body(request, body);
    bytes_add(&all, head->at, head->length);
    message_add_body(&all, body, request->layout.is_chunked);
    request->length = all.length;
    parts_add_fields(&all, request);
    request->bytes = !fits || all.has_failed ? NULL : arena_copy(arena, all.at, all.length);
    bytes_free(&all);
    return request->bytes != NULL;
}

bool request_from_json(const json_t *json, struct slice body, struct arena *arena,
                       struct request *request, struct err *err)
{
    struct bytes head = {0};
    const json_t *number = json_object_get(json, "number_at");
    uint64_t at = json_is_integer(number) ? (uint64_t)json_integer_value(number) : UINT64_MAX;
    bool ok = json_bytes_read(json_object_get(json, "head"), &head) && head.length < UINT32_MAX &&
              is_head(head.at, head.length) && is_number_at(head.at, head.length, at);
    request->sequence_at = ok ? (uint32_t)at : 0;
    ok = ok && build(&head, body, arena, request);
    if (ok) {
        message_describe(request);
    }
    bytes_free(&head);
    return ok || err_set(err, ERR_FAILED, "a request is malformed, or its body does not fit");
}
