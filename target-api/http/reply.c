#include "target-api/http/reply.h"

#include <stdlib.h>
#include <string.h>

const char reply_json[] = "application/json";

static void release_text(void *owner)
{
    text_unref(owner);
}

struct reply reply_static(unsigned status, const char *json)
{
    return (struct reply){
        .status = status, .content_type = reply_json, .bytes = json, .len = strlen(json)};
}

struct reply reply_method_not_allowed(const char *allow)
{
    struct reply reply = reply_static(405, "{\"detail\":\"Method Not Allowed\"}");
    reply.allow = allow;
    return reply;
}

struct reply reply_text(unsigned status, struct text *text)
{
    if (!text) {
        return reply_unavailable();
    }
    return (struct reply){.status = status,
                          .content_type = reply_json,
                          .bytes = text->bytes,
                          .len = text->len,
                          .release = release_text,
                          .owner = text};
}

struct reply reply_document(unsigned status, struct document *document)
{
    if (!document) {
        return reply_unavailable();
    }
    struct text *flat = document_flat(document);
    if (!flat) {
        document_flatten(document);
        return (struct reply){.status = status, .content_type = reply_json, .document = document};
    }
    text_ref(flat);
    document_unref(document);
    return reply_text(status, flat);
}

struct reply reply_buffer(unsigned status, struct buffer *b, const char *content_type)
{
    size_t len = 0;
    char *bytes = buffer_take(b, &len);
    if (!bytes) {
        return reply_unavailable();
    }
    return (struct reply){.status = status,
                          .content_type = content_type,
                          .bytes = bytes,
                          .len = len,
                          .release = free,
                          .owner = bytes};
}

struct reply reply_unavailable(void)
{
    return reply_static(503, "{\"detail\":\"Service Unavailable\"}");
}

const void *reply_identity(const struct reply *reply)
{
    if (reply->document || reply->allow || reply->content_type != reply_json) {
        return NULL;
    }
    if (!reply->release) {
        return reply->bytes;
    }
    return reply->release == release_text ? reply->owner : NULL;
}

void reply_release(struct reply *reply)
{
    if (reply->release) {
        reply->release(reply->owner);
    }
    document_unref(reply->document);
    *reply = (struct reply){0};
}
