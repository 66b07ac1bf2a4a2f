#include "target-api/user_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/json_pick.h"
#include "target-api/pynum.h"
#include "target-api/utf.h"

const char *const field_names[FIELDS] = {"id", "name", "age"};

/* Pydantic's own name for `self`, so that a field may be called self. */
static const char self_name[] = "__pydantic_self__";

/* Adds to the texts, for which there is room: what was handed out before does not move. */
static struct slice keep(struct user_fields *user, const char *text)
{
    size_t start = user->texts.len;
    buffer_add_string(&user->texts, text);
    return (struct slice){user->texts.bytes + start, user->texts.len - start};
}

static struct field real_field(struct user_fields *user, double real)
{
    char text[PYNUM_TEXT_MAX];
    pynum_write_real(real, text);
    return (struct field){FIELD_REAL, keep(user, text), real};
}

static struct field from_jansson(struct user_fields *user, const json_t *value)
{
    char number[PYNUM_TEXT_MAX];
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
        return (struct field){.kind = value ? FIELD_NULL : FIELD_ABSENT};
    case JSON_TRUE:
        return (struct field){.kind = FIELD_TRUE, .text = slice_of("True")};
    case JSON_FALSE:
        return (struct field){.kind = FIELD_FALSE, .text = slice_of("False")};
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return (struct field){.kind = FIELD_INTEGER, .text = keep(user, number)};
    case JSON_REAL:
        return real_field(user, json_real_value(value));
    case JSON_STRING:
        return (struct field){
            .kind = FIELD_STRING,
            .text = {json_string_value(value), json_string_length(value)},
        };
    default:
        return (struct field){.kind = FIELD_OTHER};
    }
}

static struct field from_item(struct user_fields *user, struct json_item item)
{
    struct field field = {.text = item.text};
    switch (item.kind) {
    case JSON_KIND_NULL:
        return (struct field){.kind = FIELD_NULL};
    case JSON_KIND_TRUE:
        return (struct field){.kind = FIELD_TRUE, .text = slice_of("True")};
    case JSON_KIND_FALSE:
        return (struct field){.kind = FIELD_FALSE, .text = slice_of("False")};
    case JSON_KIND_INTEGER:
        field.kind = FIELD_INTEGER;
        field.text = slice_equals(item.text, "-0") ? slice_of("0") : item.text;
        return field;
    case JSON_KIND_REAL: /* the digits end before what follows in the text */
        return real_field(user, strtod(item.text.bytes, NULL));
    case JSON_KIND_STRING:
        field.kind = FIELD_STRING;
        field.text.len = user->texts.len;
        json_pick_decode(item, &user->texts);
        field.text.len = user->texts.len - field.text.len;
        field.text.bytes = user->texts.bytes + user->texts.len - field.text.len;
        return field;
    default:
        return (struct field){.kind = FIELD_OTHER};
    }
}

/* What Python's dict() finds on its way through the text. */
struct pairs {
    struct user_fields *user;
    bool is_there[FIELDS];
    struct json_item values[FIELDS]; /* the last one of a name counts */
    bool has_bad_key;
    bool has_self;
};

/* The decoded text of a string, until the next one is decoded. */
static struct slice peek_text(struct user_fields *user, struct json_item string)
{
    user->texts.len = 0;
    json_pick_decode(string, &user->texts);
    return (struct slice){user->texts.bytes, user->texts.len};
}

static void take_pair(struct pairs *pairs, struct json_item key, struct json_item value)
{
    if (key.kind != JSON_KIND_STRING) {
        pairs->has_bad_key = true;
        return;
    }
    struct slice name = peek_text(pairs->user, key);
    for (int f = 0; f < FIELDS; f++) {
        if (slice_equals(name, field_names[f])) {
            pairs->is_there[f] = true;
            pairs->values[f] = value;
        }
    }
    pairs->has_self = pairs->has_self || slice_equals(name, self_name);
}

static bool is_same_text(struct user_fields *user, struct json_item a, struct json_item b)
{
    size_t len = peek_text(user, a).len;
    json_pick_decode(b, &user->texts); /* behind it: both are in the text, so there is room */
    return user->texts.len == 2 * len &&
           memcmp(user->texts.bytes, user->texts.bytes + len, len) == 0;
}

/* An object of two different keys is a pair of them. */
static bool take_object_as_pair(struct pairs *pairs, struct json_item object)
{
    struct json_members members = json_pick_members(object);
    struct json_item keys[2];
    struct json_item key;
    struct json_item value;
    int count = 0;
    while (json_pick_next(&members, &key, &value)) {
        bool is_known = false;
        for (int i = 0; i < count; i++) {
            is_known = is_known || is_same_text(pairs->user, keys[i], key);
        }
        if (!is_known && count == 2) {
            return false;
        }
        if (!is_known) {
            keys[count++] = key;
        }
    }
    if (count == 2) {
        take_pair(pairs, keys[0], keys[1]);
    }
    return count == 2;
}

static bool take_list_as_pair(struct pairs *pairs, struct json_item list)
{
    struct json_members members = json_pick_members(list);
    struct json_item key;
    struct json_item value;
    struct json_item more;
    if (!json_pick_next(&members, NULL, &key) || !json_pick_next(&members, NULL, &value) ||
        json_pick_next(&members, NULL, &more) || key.kind == JSON_KIND_LIST ||
        key.kind == JSON_KIND_OBJECT) { /* these two cannot be hashed */
        return false;
    }
    take_pair(pairs, key, value);
    return true;
}

/* A string of two characters is a pair of them, and neither is the name of a field. */
static bool is_pair_of_characters(struct user_fields *user, struct json_item string)
{
    struct slice text = peek_text(user, string);
    size_t count = 0;
    for (size_t at = 0; at < text.len; count++) {
        uint32_t character = 0;
        at += utf8_decode(text, at, &character);
    }
    return count == 2;
}

/* dict(root). False: it takes no such value. */
static bool take_root(struct pairs *pairs, struct json_item root)
{
    if (root.kind == JSON_KIND_STRING) {
        return root.text.len == 2;
    }
    if (root.kind != JSON_KIND_OBJECT && root.kind != JSON_KIND_LIST) {
        return false;
    }
    struct json_members members = json_pick_members(root);
    struct json_item key;
    struct json_item value;
    while (json_pick_next(&members, &key, &value)) {
        if (members.is_object) {
            take_pair(pairs, key, value);
            continue;
        }
        bool ok = value.kind == JSON_KIND_LIST ? take_list_as_pair(pairs, value)
                  : value.kind == JSON_KIND_OBJECT
                      ? take_object_as_pair(pairs, value)
                      : value.kind == JSON_KIND_STRING && is_pair_of_characters(pairs->user, value);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static enum user_fields_result read_as_python(struct user_fields *user, struct slice text)
{
    switch (json_where_find(text, &user->where)) {
    case JSON_WHERE_FOUND:
        return USER_FIELDS_NOT_JSON;
    case JSON_WHERE_TOO_MUCH:
        return USER_FIELDS_TOO_MUCH;
    case JSON_WHERE_NOWHERE:
        break;
    }
    struct json_item root = json_pick_root(text);
    struct pairs pairs = {.user = user};
    if (root.kind == JSON_KIND_NULL) {
        return USER_FIELDS_NULL;
    }
    if (!take_root(&pairs, root)) {
        return USER_FIELDS_NOT_DICT;
    }
    user->texts.len = 0;
    for (int f = 0; f < FIELDS; f++) {
        if (pairs.is_there[f]) {
            user->fields[f] = from_item(user, pairs.values[f]);
        }
    }
    return pairs.has_bad_key ? USER_FIELDS_BAD_KEY
           : pairs.has_self  ? USER_FIELDS_SELF
                             : USER_FIELDS_FOUND;
}

enum user_fields_result user_fields_init(struct user_fields *user, struct slice text)
{
    *user = (struct user_fields){.document = NULL};
    buffer_init(&user->texts, SIZE_MAX);
    if (!buffer_reserve(&user->texts, text.len + (size_t)FIELDS * PYNUM_TEXT_MAX)) {
        return USER_FIELDS_NO_MEMORY;
    }
    json_error_t error;
    if (text.len <= JSON_WALK_DEPTH_MAX) { /* not too deep, that is; jansson's limit is another */
        user->document = json_loadb(text.bytes, text.len, JSON_ALLOW_NUL, &error);
        if (!user->document && json_error_code(&error) == json_error_out_of_memory) {
            return USER_FIELDS_NO_MEMORY;
        }
    }
    if (!json_is_object(user->document)) {
        return read_as_python(user, text);
    }
    for (int f = 0; f < FIELDS; f++) {
        user->fields[f] = from_jansson(user, json_object_get(user->document, field_names[f]));
    }
    bool has_self = json_object_get(user->document, self_name) != NULL;
    return has_self ? USER_FIELDS_SELF : USER_FIELDS_FOUND;
}

void user_fields_fini(struct user_fields *user)
{
    json_decref(user->document);
    user->document = NULL;
    buffer_fini(&user->texts);
}
