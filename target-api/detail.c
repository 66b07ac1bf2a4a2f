#include "target-api/detail.h"

static const struct {
    const char *msg;
    const char *type;
} kinds[] = {
    [DETAIL_MISSING] = {"field required", "value_error.missing"},
    [DETAIL_NONE] = {"none is not an allowed value", "type_error.none.not_allowed"},
    [DETAIL_INTEGER] = {"value is not a valid integer", "type_error.integer"},
    [DETAIL_STRING] = {"str type expected", "type_error.str"},
    [DETAIL_OBJECT] = {"value is not a valid dict", "type_error.dict"},
    [DETAIL_KEYWORDS] = {"keywords must be strings", "type_error"},
    [DETAIL_SELF] = {"BaseModel.__init__() got multiple values for argument '__pydantic_self__'",
                     "type_error"},
    [DETAIL_SURROGATE] = {"half a surrogate pair is no text", "value_error.unicode"},
};

static const char opening[] = "{\"detail\":[";

void detail_add(struct buffer *b, const char *place, const char *field, enum detail_kind kind)
{
    buffer_add_string(b, b->len == 0 ? opening : ",");
    buffer_add_format(b, "{\"loc\":[\"%s\"", place);
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

struct reply detail_reply_one(const char *place, const char *field, enum detail_kind kind)
{
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    detail_add(&b, place, field, kind);
    return detail_reply(&b);
}

struct reply detail_reply_malformed(const struct json_where *where, struct slice body)
{
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    buffer_add_string(&b, opening);
    buffer_add_format(&b, "{\"loc\":[\"body\",%zu],\"msg\":\"%s: line %zu column %zu (char %zu)\",",
                      where->position, where->json_message, where->line, where->column,
                      where->position);
    buffer_add_format(&b, "\"type\":\"value_error.jsondecode\",\"ctx\":{\"msg\":\"%s\",\"doc\":",
                      where->json_message);
    buffer_add_json_string(&b, body);
    buffer_add_format(&b, ",\"pos\":%zu,\"lineno\":%zu,\"colno\":%zu}}", where->position,
                      where->line, where->column);
    return detail_reply(&b);
}
