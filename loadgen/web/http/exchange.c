#include "loadgen/web/http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

enum { REAL_DIGITS = 12 };

void http_reply_text(struct http_reply *reply, unsigned status, const char *text)
{
    *reply = (struct http_reply){.status = status, .type = "text/plain; charset=utf-8"};
    bytes_add_text(&reply->body, text);
}

void http_reply_json(struct http_reply *reply, json_t *json)
{
    char *text = memory_of(json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII |
                                                JSON_REAL_PRECISION(REAL_DIGITS)));
    *reply = (struct http_reply){.status = HTTP_OK, .type = "application/json"};
    bytes_add_text(&reply->body, text);
    bytes_add_text(&reply->body, "\n");
    free(text);
    json_decref(json);
}

static void set_name(struct http_reply *reply, const char *name)
{
    snprintf(reply->disposition, sizeof reply->disposition, "attachment;filename=%s", name);
}

void http_reply_file(struct http_reply *reply, const char *type, const char *name,
                     struct bytes *content)
{
    *reply = (struct http_reply){.status = HTTP_OK, .type = type, .body = *content};
    set_name(reply, name);
    *content = (struct bytes){0};
}

void http_reply_open_file(struct http_reply *reply, const char *type, const char *name, int file,
                          uint64_t size)
{
    *reply = (struct http_reply){
        .status = HTTP_OK,
        .type = type,
        .has_file = true,
        .file = file,
        .file_size = size,
    };
    set_name(reply, name);
}
