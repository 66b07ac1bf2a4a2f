#include "target-api/new_user.h"

#include "target-api/detail.h"
#include "target-api/utf.h"

static bool refuse(struct reply *refusal, struct reply reply)
{
    *refusal = reply;
    return false;
}

static void take_integer(struct new_user *user, struct buffer *errors)
{
    const struct field *field = &user->fields.fields[FIELD_ID];
    bool ok = false;
    switch (field->kind) {
    case FIELD_ABSENT:
    case FIELD_NULL:
        detail_add(errors, "body", field_names[FIELD_ID],
                   field->kind == FIELD_NULL ? DETAIL_NONE : DETAIL_MISSING);
        return;
    case FIELD_TRUE:
    case FIELD_FALSE:
        ok = pynum_parse_int(slice_of(field->kind == FIELD_TRUE ? "1" : "0"), &user->id);
        break;
    case FIELD_REAL:
        ok = pynum_truncate(field->real, &user->id);
        break;
    case FIELD_INTEGER:
        ok = pynum_parse_int(field->text, &user->id);
        break;
    case FIELD_STRING:
        ok = pynum_parse_field(field->text, &user->id);
        break;
    case FIELD_OTHER:
        break;
    }
    if (!ok) {
        detail_add(errors, "body", field_names[FIELD_ID], DETAIL_INTEGER);
    }
}

static struct slice take_string(const struct new_user *user, int which, struct buffer *errors)
{
    const struct field *field = &user->fields.fields[which];
    switch (field->kind) {
    case FIELD_ABSENT:
        detail_add(errors, "body", field_names[which], DETAIL_MISSING);
        break;
    case FIELD_NULL:
        detail_add(errors, "body", field_names[which], DETAIL_NONE);
        break;
    case FIELD_OTHER:
        detail_add(errors, "body", field_names[which], DETAIL_STRING);
        break;
    default:
        break;
    }
    return field->text;
}

/* The sample app stores these, and then cannot send them. */
static void refuse_surrogates(const struct new_user *user, struct buffer *errors)
{
    if (utf_has_surrogate(user->name)) {
        detail_add(errors, "body", field_names[FIELD_NAME], DETAIL_SURROGATE);
    }
    if (utf_has_surrogate(user->age)) {
        detail_add(errors, "body", field_names[FIELD_AGE], DETAIL_SURROGATE);
    }
}

/* Every field is looked at, so that the answer names all that is wrong. */
static bool take_fields(struct new_user *user, struct reply *refusal)
{
    struct buffer errors;
    buffer_init(&errors, REPLY_MAX);
    take_integer(user, &errors);
    user->name = take_string(user, FIELD_NAME, &errors);
    user->age = take_string(user, FIELD_AGE, &errors);
    if (errors.len == 0) {
        refuse_surrogates(user, &errors);
    }
    if (errors.len == 0 && !errors.failed) {
        return true;
    }
    return refuse(refusal, detail_reply(&errors));
}

static struct reply too_much(void)
{
    return reply_static(400, "{\"detail\":\"There was an error parsing the body\"}");
}

static bool read_fields(struct new_user *user, struct slice text, struct reply *refusal)
{
    switch (user_fields_init(&user->fields, text)) {
    case USER_FIELDS_FOUND:
        return take_fields(user, refusal);
    case USER_FIELDS_NULL:
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_MISSING));
    case USER_FIELDS_NOT_DICT:
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_OBJECT));
    case USER_FIELDS_BAD_KEY:
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_KEYWORDS));
    case USER_FIELDS_SELF:
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_SELF));
    case USER_FIELDS_NOT_JSON:
        return refuse(refusal, detail_reply_malformed(&user->fields.where, text));
    case USER_FIELDS_TOO_MUCH:
        return refuse(refusal, too_much());
    case USER_FIELDS_NO_MEMORY:
        break;
    }
    return refuse(refusal, reply_unavailable());
}

bool new_user_init(struct new_user *user, const struct request *request, struct reply *refusal)
{
    struct slice body = {request->body.bytes, request->body.len};
    *user = (struct new_user){.name = {0}};
    if (body.len == 0) {
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_MISSING));
    }
    if (!request_has_json_type(request)) {
        return refuse(refusal, detail_reply_one("body", NULL, DETAIL_OBJECT));
    }
    struct slice text;
    buffer_init(&user->decoded, REPLY_MAX);
    bool ok = false;
    if (utf_read_json(body, &user->decoded, &text)) {
        ok = read_fields(user, text, refusal);
    } else {
        *refusal = user->decoded.failed ? reply_unavailable() : too_much();
    }
    if (!ok) {
        new_user_fini(user);
    }
    return ok;
}

void new_user_fini(struct new_user *user)
{
    user_fields_fini(&user->fields);
    buffer_fini(&user->decoded);
}
