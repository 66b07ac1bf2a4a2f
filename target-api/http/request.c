#include "target-api/http/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "target-api/base/form.h"

static bool has_control(const char *uri)
{
    while ((unsigned char)*uri > ' ' && *uri != 0x7F) {
        uri++;
    }
    return *uri != '\0';
}

/* The absolute form http://HOST/PATH is equivalent to /PATH. */
static struct slice without_origin(struct slice uri)
{
    static const char scheme[] = "http://";
    size_t start = sizeof scheme - 1;
    if (uri.length < start || strncasecmp(uri.at, scheme, start) != 0) {
        return uri;
    }
    start += strcspn(uri.at + start, "/?");
    if (start < uri.length && uri.at[start] == '/') {
        return (struct slice){uri.at + start, uri.length - start};
    }
    return slice_of("/"); /* a query without a path: no route has one */
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
    request->uri_end = uri + len;
    request->is_uri_bad = has_control(uri);
    request->query = without_origin((struct slice){request->storage, len});
    request->path = form_cut(&request->query, '?');
    if (memchr(request->path.at, '%', request->path.length)) {
        request->path.length = form_decode(request->path, false, request->storage);
        request->path.at = request->storage;
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

/* Adds to the body within its limit and the budget. */
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
    if (!form_find(request->query, name, request->scratch, value)) {
        return false;
    }
    *value = (struct slice){request->scratch, form_decode(*value, true, request->scratch)};
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
