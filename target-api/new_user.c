#include "target-api/new_user.h"

#include <inttypes.h>
#include <stdio.h>

#include "target-api/detail.h"
#include "target-api/json_where.h"

static bool refuse(struct reply *refusal, struct reply reply)
{
    *refusal = reply;
    return false;
}

/* jansson refused the text: say where and why as Python would. */
static struct reply malformed(struct slice text, const json_error_t *error)
{
    if (json_error_code(error) == json_error_out_of_memory) {
        return reply_unavailable();
    }
    struct json_where where;
    switch (json_where_find(text, &where)) {
    case JSON_WHERE_FOUND:
        break;
    case JSON_WHERE_NOWHERE: /* beyond 64 bits, NaN, half a surrogate pair: not JSON to us */
        where.json_message = "Unsupported value";
        json_where_place(text, (size_t)error->position, &where);
        break;
    case JSON_WHERE_NOT_TEXT:
    case JSON_WHERE_TOO_DEEP:
        return reply_static(400, "{\"detail\":\"There was an error parsing the body\"}");
    }
    return detail_reply_malformed(&where, text);
}

static bool parse(struct slice text, json_t **document, struct reply *refusal)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (text.len >= 3 && memcmp(text.bytes, byte_order_mark, 3) == 0) {
        text = (struct slice){text.bytes + 3, text.len - 3};
    }
    json_error_t error;
    *document = json_loadb(text.bytes, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    return *document || refuse(refusal, malformed(text, &error));
}

static void take_integer(const json_t *document, const char *field, int64_t *number,
                         struct buffer *errors)
{
    const json_t *value = json_object_get(document, field);
    bool ok = true;
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
        detail_add(errors, "body", field, value ? DETAIL_NONE : DETAIL_MISSING);
        return;
    case JSON_INTEGER:
        *number = json_integer_value(value);
        break;
    case JSON_REAL:
        ok = pynum_truncate(json_real_value(value), number);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        *number = json_is_true(value);
        break;
    case JSON_STRING:
        ok = pynum_parse_int((struct slice){json_string_value(value), json_string_length(value)},
                             number);
        break;
    default:
        ok = false;
    }
    if (!ok) {
        detail_add(errors, "body", field, DETAIL_INTEGER);
    }
}

static void take_string(const json_t *document, const char *field, struct slice *string,
                        char number[PYNUM_TEXT_MAX], struct buffer *errors)
{
    const json_t *value = json_object_get(document, field);
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
        detail_add(errors, "body", field, value ? DETAIL_NONE : DETAIL_MISSING);
        return;
    case JSON_STRING:
        *string = (struct slice){json_string_value(value), json_string_length(value)};
        return;
    case JSON_INTEGER:
        snprintf(number, PYNUM_TEXT_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        pynum_write_real(json_real_value(value), number);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(number, PYNUM_TEXT_MAX, "%s", json_is_true(value) ? "True" : "False");
        break;
    default:
        detail_add(errors, "body", field, DETAIL_STRING);
        return;
    }
    *string = slice_of(number);
}

/* Every field is looked at, so that the answer names all that is wrong. */
static bool take_fields(struct new_user *user, struct reply *refusal)
{
    struct buffer errors;
    buffer_init(&errors, REPLY_MAX);
    take_integer(user->document, "id", &user->id, &errors);
    take_string(user->document, "name", &user->name, user->name_number, &errors);
    take_string(user->document, "age", &user->age, user->age_number, &errors);
    if (errors.len == 0 && !errors.failed) {
        return true;
    }
    return refuse(refusal, detail_reply(&errors));
}

bool new_user_init(struct new_user *user, const struct request *request, struct reply *refusal)
{
    struct slice body = {request->body.bytes, request->body.len};
    *user = (struct new_user){.id = 0};
    if (body.len == 0) {
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_MISSING));
    }
    if (!request_has_json_type(request)) {
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_OBJECT));
    }
    if (!parse(body, &user->document, refusal)) {
        return false;
    }
    bool ok = false;
    if (json_is_null(user->document)) {
        *refusal = detail_reply_one("body", NULL, DETAIL_MISSING);
    } else if (!json_is_object(user->document)) {
        *refusal = detail_reply_one("body", NULL, DETAIL_OBJECT);
    } else {
        ok = take_fields(user, refusal);
    }
    if (!ok) {
        new_user_fini(user);
    }
    return ok;
}

void new_user_fini(struct new_user *user)
{
    json_decref(user->document);
    user->document = NULL;
}
