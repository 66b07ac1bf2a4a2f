/*
 * user_fields - finds `id`, `name` and `age` in a JSON text, as FastAPI and pydantic 1 do before
 * they look at what the fields hold.
 *
 * An object is what they want; but pydantic calls dict() on anything else, and so an empty string,
 * an empty list and a list of pairs are objects too. jansson reads the ordinary text; what jansson
 * refuses and Python takes (integers beyond 64 bits, 1e400, lone surrogates, NUL in a key), and
 * what is not an object, is read with json_pick.
 *
 * Threads: one owner. Memory: slices live until user_fields_fini.
 */
#ifndef TARGET_API_USER_FIELDS_H
#define TARGET_API_USER_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "target-api/buffer.h"
#include "target-api/json_where.h"
#include "target-api/slice.h"

enum field_kind {
    FIELD_ABSENT,
    FIELD_NULL,
    FIELD_TRUE,
    FIELD_FALSE,
    FIELD_INTEGER, /* `text` has its digits, as many as there are */
    FIELD_REAL,    /* `real`, which may be infinite; `text` is what str() makes of it */
    FIELD_STRING,  /* `text`, which may have lone surrogates */
    FIELD_OTHER,   /* a list or an object */
};

struct field {
    enum field_kind kind;
    struct slice text;
    double real;
};

enum { FIELD_ID, FIELD_NAME, FIELD_AGE, FIELDS };

extern const char *const field_names[FIELDS];

enum user_fields_result {
    USER_FIELDS_FOUND,
    USER_FIELDS_NULL,     /* the text is null */
    USER_FIELDS_NOT_DICT, /* dict() takes no such value */
    USER_FIELDS_BAD_KEY,  /* a list of pairs with a key that is no string */
    USER_FIELDS_SELF,     /* a key that is the name of pydantic's own first parameter */
    USER_FIELDS_NOT_JSON, /* `where` says why */
    USER_FIELDS_TOO_MUCH, /* Python gives up on it */
    USER_FIELDS_NO_MEMORY,
};

struct user_fields {
    struct field fields[FIELDS];
    struct json_where where;
    json_t *document;
    struct buffer texts; /* what the fields' texts point to, beside the document */
};

/* `text` is valid UTF-8. To be ended with user_fields_fini whatever the result is. */
enum user_fields_result user_fields_init(struct user_fields *user, struct slice text);

void user_fields_fini(struct user_fields *user);

#endif
