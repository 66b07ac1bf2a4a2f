#include "target-api/body/detail.h"

#include <stdio.h>

static const struct {
    const char *msg;
    const char *type;
} kinds[] = {
    [DETAIL_MISSING] = {"field required", "value_error.missing"},
    [DETAIL_NONE] = {"none is not an allowed value", "type_error.none.not_allowed"},
    [DETAIL_INTEGER] = {"value is not a valid integer", "type_error.integer"},
    [DETAIL_STRING] = {"str type expected", "type_error.str"},
    [DETAIL_OBJECT] = {"value is not a valid dict", "type_error.dict"},
};

static const char opening[] = "{\"detail\":[";

void detail_add(struct buffer *b, const char *part, const char *field, enum detail_kind kind)
{
    buffer_add_string(b, b->len == 0 ? opening : ",");
    buffer_add_format(b, "{\"loc\":[\"%s\"", part);
    if (field) {
        buffer_add_format(b, ",\"%s\"", field);
    }
    buffer_add_format(b, "],\"msg\":\"%s\",\"type\":\"%s\"}", kinds[kind].msg, kinds[kind].type);
}

struct reply detail_reply(struct buffer *b)
{
    buffer_add_string(b, "]}");
    return reply_buffer(422, b, reply_json);
}

struct reply detail_reply_one(const char *part, const char *field, enum detail_kind kind)
{
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    detail_add(&b, part, field, kind);
    return detail_reply(&b);
}

struct reply detail_reply_malformed(const char *why, struct json_position position,
                                    struct slice body)
{
    char msg[JSON_ERROR_TEXT_LENGTH + 100];
    snprintf(msg, sizeof msg, "%s: line %zu column %zu (char %zu)", why, position.line,
             position.column, position.character);
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    buffer_add_string(&b, opening);
    buffer_add_format(&b, "{\"loc\":[\"body\",%zu],\"msg\":", position.character);
    buffer_add_json_string(&b, slice_of(msg));
    buffer_add_string(&b, ",\"type\":\"value_error.jsondecode\",\"ctx\":{\"msg\":");
    buffer_add_json_string(&b, slice_of(why));
    buffer_add_string(&b, ",\"doc\":");
    buffer_add_json_string(&b, body);
    buffer_add_format(&b, ",\"pos\":%zu,\"lineno\":%zu,\"colno\":%zu}}", position.character,
                      position.line, position.column);
    return detail_reply(&b);
}
