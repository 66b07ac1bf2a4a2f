/*
 * form - reads the fields of an HTML form from the body of a request.
 *
 *     application/x-www-form-urlencoded      user_count=4&spawn_rate=1
 *     multipart/form-data; boundary=...      curl -F user_count=4 (multipart.h)
 *
 * An empty body is a form without fields, whatever its type. Urlencoded text is decoded as browsers
 * encode it: `+` is a space, and an invalid %XX is left unchanged. Files are skipped.
 *
 * Refused: other types, more than FORM_FIELDS_MAX fields, and a NUL in a name or value. Names and
 * values can be invalid UTF-8.
 *
 * Errors: ERR_USAGE; the text does not quote the body. Threads: pure functions. Memory: the body is
 * overwritten, and names and values point into it.
 */
#ifndef LOADGEN_WEB_FORM_FORM_H
#define LOADGEN_WEB_FORM_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum { FORM_FIELDS_MAX = 64 };

struct form_field {
    const char *name;
    const char *value;
};

struct form {
    size_t count; /* of `fields`, which are in the order of the body */
    struct form_field fields[FORM_FIELDS_MAX];
};

/*
 * Reads the body. `type` is its Content-Type; NULL: not given. There must be room for a NUL at
 * body[length].
 */
bool form_read(struct form *form, const char *type, char *body, size_t length, struct err *err);

#endif
