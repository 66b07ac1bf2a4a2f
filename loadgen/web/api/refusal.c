#include "loadgen/web/api/refusal.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/slice.h"
#include "loadgen/base/json/json_bytes.h"

/* Error texts may quote input of the client, which need not be UTF-8. */
static json_t *text_to_json(const char *text)
{
    return json_clean((struct slice){text, strcspn(text, "\n")});
}

void refusal_reply(struct http_reply *reply, unsigned status, const char *field, const char *text)
{
    json_t *name = field && field[0] ? text_to_json(field) : json_null();
    http_reply_json(
        reply, json_pack("{s:{s:o, s:o}}", "error", "field", name, "text", text_to_json(text)));
    reply->status = status;
}

bool refusal_is_api(const char *path)
{
    return strncmp(path, "/api/", strlen("/api/")) == 0;
}

void refusal_convert(struct http_reply *reply)
{
    char text[sizeof(struct err)];
    struct http_reply before = *reply;
    snprintf(text, sizeof text, "%.*s", (int)before.body.length, before.body.at);
    bytes_free(&before.body);
    refusal_reply(reply, before.status, NULL, text);
    reply->allow = before.allow;
    reply->challenge = before.challenge;
    reply->retry_s = before.retry_s;
}
