#include "loadgen/web/form/form.h"

#include <string.h>
#include <strings.h>

#include "common/hex.h"
#include "loadgen/web/form/multipart.h"

static bool add(struct form *form, const char *name, const char *value, struct err *err)
{
    if (form->count == FORM_FIELDS_MAX) {
        return err_set(err, ERR_USAGE, "the form has more than %d fields", FORM_FIELDS_MAX);
    }
    form->fields[form->count++] = (struct form_field){name, value};
    return true;
}

/*
 * Decodes in place, and ends the text with a NUL, at *end or before. False: the text contains a
 * NUL.
 */
static bool decode(char *text, const char *end)
{
    char *to = text;
    for (const char *at = text; at < end; at++) {
        char c = *at;
        if (c == '+') {
            c = ' ';
        } else if (c == '%' && end - at > 2 && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
            c = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
            at += 2;
        }
        if (c == '\0') {
            return false;
        }
        *to++ = c;
    }
    *to = '\0';
    return true;
}

/* Returns the first `mark`, or the end of the text. */
static char *find_end(char *text, char *end, char mark)
{
    char *at = memchr(text, mark, (size_t)(end - text));
    return at ? at : end;
}

static bool read_urlencoded(struct form *form, char *body, size_t length, struct err *err)
{
    char *end = body + length;
    bool ok = true;
    for (char *name = body; ok && name < end;) {
        char *field_end = find_end(name, end, '&');
        char *name_end = find_end(name, field_end, '=');
        char *value = name_end < field_end ? name_end + 1 : field_end;
        if (name < field_end) {
            ok = (decode(name, name_end) && decode(value, field_end)) ||
                 err_set(err, ERR_USAGE, "a field of the form contains a NUL byte");
            ok = ok && add(form, name, value, err);
        }
        name = field_end + 1;
    }
    return ok;
}

static bool read_multipart(struct form *form, const char *type, char *body, size_t length,
                           struct err *err)
{
    struct multipart multipart = multipart_of(type, body, length);
    struct multipart_part part;
    bool ok = true;
    while (ok && multipart_next(&multipart, &part)) {
        ok = part.is_file || add(form, part.name, part.value, err);
    }
    if (ok && multipart.problem) {
        ok = err_set(err, ERR_USAGE, "multipart/form-data: %s", multipart.problem);
    }
    return ok;
}

/* True if the type without its parameters is this media type. */
static bool is_type(const char *type, const char *name)
{
    size_t length = strlen(name);
    return type && strncasecmp(type, name, length) == 0 && strchr("; \t", type[length]);
}

bool form_read(struct form *form, const char *type, char *body, size_t length, struct err *err)
{
    form->count = 0;
    if (length == 0) {
        return true;
    }
    if (is_type(type, "application/x-www-form-urlencoded")) {
        return read_urlencoded(form, body, length, err);
    }
    if (is_type(type, "multipart/form-data")) {
        return read_multipart(form, type, body, length, err);
    }
    return err_set(err, ERR_USAGE,
                   "the body is not a form; expected Content-Type "
                   "application/x-www-form-urlencoded or multipart/form-data");
}
