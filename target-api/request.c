#include "target-api/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/hex.h"

/* Decodes into `out`, which has room for all of `in`; returns the length. */
static size_t decode(struct slice in, bool plus_is_space, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.bytes[i];
        if (c == '%' && i + 2 < in.len && hex_digit(in.bytes[i + 1]) >= 0 &&
            hex_digit(in.bytes[i + 2]) >= 0) {
            c = (char)(hex_digit(in.bytes[i + 1]) * 16 + hex_digit(in.bytes[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[len++] = c;
    }
    return len;
}

/* Cuts `rest` at the first `mark`: what was before it is returned, what comes after stays. */
static struct slice cut(struct slice *rest, char mark)
{
    const char *at = rest->len ? memchr(rest->bytes, mark, rest->len) : NULL;
    struct slice head = {rest->bytes, at ? (size_t)(at - rest->bytes) : rest->len};
    size_t used = head.len + (at ? 1 : 0);
    *rest = (struct slice){rest->bytes + used, rest->len - used};
    return head;
}

struct request *request_create(const char *uri)
{
    size_t len = strlen(uri);
    struct request *request = malloc(sizeof *request + 2 * len + 1);
    if (!request) {
        return NULL;
    }
    *request = (struct request){.scratch = request->storage + len + 1};
    buffer_init(&request->body, REQUEST_BODY_MAX);
    memcpy(request->storage, uri, len + 1);
    request->query = (struct slice){request->storage, len};
    request->path = cut(&request->query, '?');
    if (memchr(request->path.bytes, '%', request->path.len)) {
        request->path.len = decode(request->path, false, request->storage); /* never grows */
    }
    return request;
}

void request_limit(struct request *request, size_t body_max, struct request_budget *budget)
{
    request->body.max = body_max;
    request->budget = budget;
}

void request_destroy(struct request *request)
{
    if (request) {
        if (request->budget && request->body.len > 0) {
            atomic_fetch_sub(&request->budget->used_bytes, request->body.len);
        }
        reply_release(&request->reply);
        buffer_fini(&request->body);
        free(request);
    }
}

/* Adds to the body, unless all bodies together have too much. */
static bool keep(struct request *request, const char *bytes, size_t len)
{
    struct request_budget *budget = request->budget;
    if (budget && atomic_fetch_add(&budget->used_bytes, len) + len > budget->limit_bytes) {
        request->is_crowded_out = true;
    } else if (buffer_add(&request->body, bytes, len)) {
        return true;
    }
    if (budget) {
        atomic_fetch_sub(&budget->used_bytes, len);
    }
    return false;
}

bool request_add_body(struct request *request, const char *bytes, size_t len)
{
    if (request->dropped == 0 && keep(request, bytes, len)) {
        return true;
    }
    request->dropped += len;
    return request->dropped <= REQUEST_DROPPED_MAX;
}

bool request_body_is_too_large(const struct request *request)
{
    return request->dropped > 0;
}

bool request_query(const struct request *request, const char *name, struct slice *value)
{
    struct slice rest = request->query;
    struct slice last = {NULL, 0};
    while (rest.len > 0) {
        struct slice field = cut(&rest, '&');
        struct slice key = cut(&field, '=');
        key.len = decode(key, true, request->scratch);
        key.bytes = request->scratch;
        if (key.len > 0 && slice_equals(key, name)) {
            last = field;
        }
    }
    if (!last.bytes) {
        return false;
    }
    *value = (struct slice){request->scratch, decode(last, true, request->scratch)};
    return true;
}

bool request_has_json_type(const struct request *request)
{
    const char *type = request->content_type;
    if (!type || type[0] == '\0') {
        return true;
    }
    size_t len = strcspn(type, ";");
    while (len > 0 && (type[len - 1] == ' ' || type[len - 1] == '\t')) {
        len--;
    }
    static const char application[] = "application/";
    size_t prefix = sizeof application - 1;
    if (len < prefix || strncasecmp(type, application, prefix) != 0 ||
        memchr(type + prefix, '/', len - prefix)) {
        return false;
    }
    static const char json[] = "json";
    size_t suffix = sizeof json - 1;
    if (len < prefix + suffix || strncasecmp(type + len - suffix, json, suffix) != 0) {
        return false;
    }
    return len == prefix + suffix || type[len - suffix - 1] == '+';
}
