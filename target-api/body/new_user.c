#include "target-api/body/new_user.h"

#include <stdio.h>
#include <string.h>

#include "target-api/body/detail.h"
#include "target-api/body/json_error.h"

/* The value of a field; NULL if it is missing or null, which is added to `errors`. */
static const json_t *require_field(const struct new_user *user, const char *name,
                                   struct buffer *errors)
{
    const json_t *value = json_object_get(user->document, name);
    if (!value || json_is_null(value)) {
        detail_add(errors, "body", name, value ? DETAIL_NONE : DETAIL_MISSING);
        return NULL;
    }
    return value;
}

static void take_id(struct new_user *user, struct buffer *errors)
{
    const json_t *value = require_field(user, "id", errors);
    bool ok = false;
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        user->id = json_is_true(value);
        return;
    case JSON_INTEGER:
        user->id = json_integer_value(value);
        return;
    case JSON_REAL:
        ok = number_truncate(json_real_value(value), &user->id);
        break;
    case JSON_STRING:
        ok = number_parse((struct slice){json_string_value(value), json_string_length(value)},
                          &user->id);
        break;
    default:
        break;
    }
    if (!ok) {
        detail_add(errors, "body", "id", DETAIL_INTEGER);
    }
}

/* str(value); a number is printed to `number`. */
static struct slice take_text(const struct new_user *user, const char *name,
                              char number[NUMBER_TEXT_MAX], struct buffer *errors)
{
    const json_t *value = require_field(user, name, errors);
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
        break;
    case JSON_TRUE:
        return slice_of("True");
    case JSON_FALSE:
        return slice_of("False");
    case JSON_INTEGER:
        snprintf(number, NUMBER_TEXT_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return slice_of(number);
    case JSON_REAL:
        number_print_real(json_real_value(value), number);
        return slice_of(number);
    case JSON_STRING:
        return (struct slice){json_string_value(value), json_string_length(value)};
    default:
        detail_add(errors, "body", name, DETAIL_STRING);
        break;
    }
    return (struct slice){NULL, 0};
}

/* Checks all fields, so that the answer lists every error. */
static bool take_fields(struct new_user *user, struct reply *refusal)
{
    struct buffer errors;
    buffer_init(&errors, REPLY_MAX);
    take_id(user, &errors);
    user->name = take_text(user, "name", user->numbers[0], &errors);
    user->age = take_text(user, "age", user->numbers[1], &errors);
    if (errors.len == 0 && !errors.failed) {
        return true;
    }
    *refusal = detail_reply(&errors);
    return false;
}

/* The answer to a body that jansson rejected. */
static struct reply reject_text(struct slice text, const json_error_t *error)
{
    if (json_error_code(error) == json_error_out_of_memory) {
        return reply_unavailable();
    }
    json_t *copy = json_stringn(text.at, text.length); /* NULL: not UTF-8 */
    bool is_utf8 = copy != NULL;
    json_decref(copy);
    if (!is_utf8 || json_error_code(error) == json_error_stack_overflow) {
        return reply_static(400, "{\"detail\":\"There was an error parsing the body\"}");
    }
    struct json_position position = json_error_position(text, error);
    /* Without the token, which jansson may cut in the middle of a character. */
    char why[JSON_ERROR_TEXT_LENGTH];
    const char *near = strstr(error->text, " near ");
    snprintf(why, sizeof why, "%.*s", near ? (int)(near - error->text) : (int)sizeof why,
             error->text);
    return detail_reply_malformed(why, position, text);
}

static struct slice without_byte_order_mark(struct slice text)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t len = sizeof mark - 1;
    bool has_mark = text.length >= len && memcmp(text.at, mark, len) == 0;
    return has_mark ? (struct slice){text.at + len, text.length - len} : text;
}

bool new_user_init(struct new_user *user, const struct request *request, struct reply *refusal)
{
    *user = (struct new_user){.document = NULL};
    if (request->body.len == 0) {
        *refusal = detail_reply_one("body", NULL, DETAIL_MISSING);
        return false;
    }
    if (!request_has_json_type(request)) {
        *refusal = detail_reply_one("body", NULL, DETAIL_OBJECT);
        return false;
    }
    struct slice text =
        without_byte_order_mark((struct slice){request->body.bytes, request->body.len});
    json_error_t error;
    user->document = json_loadb(text.at, text.length, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (!user->document) {
        *refusal = reject_text(text, &error);
        return false;
    }
    bool ok = false;
    if (json_is_object(user->document)) {
        ok = take_fields(user, refusal);
    } else {
        bool is_null = json_is_null(user->document);
        *refusal = detail_reply_one("body", NULL, is_null ? DETAIL_MISSING : DETAIL_OBJECT);
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
