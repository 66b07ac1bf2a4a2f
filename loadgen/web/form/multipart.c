#include "loadgen/web/form/multipart.h"

#include <string.h>
#include <strings.h>

#include "common/slice.h"

enum { PREFIX = 4 }; /* CR LF - - */

/* Parameters of a header's value: `; name=token; name="quoted"`. */

static size_t count_blanks(const char *at, const char *end)
{
    size_t n = 0;
    while (at + n < end && (at[n] == ' ' || at[n] == '\t')) {
        n++;
    }
    return n;
}

static bool is_one_of(char c, const char *marks)
{
    return c != '\0' && strchr(marks, c);
}

static size_t count_until(const char *at, const char *end, const char *marks)
{
    size_t n = 0;
    while (at + n < end && !is_one_of(at[n], marks)) {
        n++;
    }
    return n;
}

struct parameter {
    struct slice name;
    struct slice value; /* of a quoted one: between the quotes, still escaped */
};

/* The length of a quoted string without its quotes; `at` is after the opening quote. */
static size_t count_quoted(const char *at, const char *end)
{
    size_t n = 0;
    while (at + n < end && at[n] != '"') {
        n += at[n] == '\\' && at + n + 1 < end ? 2 : 1;
    }
    return n;
}

/* Reads the next parameter at *at. False: there is none. */
static bool next_parameter(const char **at, const char *end, struct parameter *parameter)
{
    *at += count_until(*at, end, ";");
    if (*at == end) {
        return false;
    }
    ++*at;
    *at += count_blanks(*at, end);
    parameter->name = (struct slice){*at, count_until(*at, end, "=; \t")};
    *at += parameter->name.length;
    parameter->value = (struct slice){*at, 0};
    if (*at == end || **at != '=') {
        return true;
    }
    ++*at;
    if (*at < end && **at == '"') {
        ++*at;
        parameter->value = (struct slice){*at, count_quoted(*at, end)};
    } else {
        parameter->value = (struct slice){*at, count_until(*at, end, "; \t")};
    }
    *at += parameter->value.length;
    return true;
}

static bool is_name(struct slice name, const char *expected)
{
    return name.length == strlen(expected) && strncasecmp(name.at, expected, name.length) == 0;
}

struct multipart multipart_of(const char *type, char *body, size_t length)
{
    struct multipart multipart = {.at = body, .end = body + length};
    struct parameter parameter = {0};
    const char *end = type + strlen(type);
    bool is_found = false;
    while (!is_found && next_parameter(&type, end, &parameter)) {
        is_found = is_name(parameter.name, "boundary");
    }
    struct slice boundary = parameter.value;
    if (!is_found || boundary.length == 0 || boundary.length > MULTIPART_BOUNDARY_MAX) {
        multipart.problem = "expected a boundary of 1 to 70 characters in Content-Type";
        return multipart;
    }
    memcpy(multipart.boundary, "\r\n--", PREFIX);
    memcpy(multipart.boundary + PREFIX, boundary.at, boundary.length);
    multipart.length = PREFIX + boundary.length;

    const char *first = multipart.boundary + 2; /* the first one need not follow a CR LF */
    size_t first_length = multipart.length - 2;
    bool begins = length >= first_length && memcmp(body, first, first_length) == 0;
    char *at = begins ? body : memmem(body, length, multipart.boundary, multipart.length);
    if (at) {
        multipart.at = at + (begins ? first_length : multipart.length);
    } else {
        multipart.problem = "the boundary of Content-Type does not occur in the body";
    }
    return multipart;
}

static bool fail(struct multipart *multipart, const char *problem)
{
    multipart->problem = problem;
    return false;
}

/* Unescapes in place, and ends the text with a NUL, which overwrites the next byte. */
static const char *end_name(char *name, size_t length)
{
    char *to = name;
    for (size_t i = 0; i < length; i++) {
        bool is_escape = name[i] == '\\' && i + 1 < length && strchr("\"\\", name[i + 1]);
        i += is_escape;
        *to++ = name[i];
    }
    *to = '\0';
    return name;
}

/* Reads the value of a Content-Disposition. */
static void read_disposition(char *value, char *end, struct multipart_part *part)
{
    const char *at = value;
    struct parameter parameter;
    struct slice name = {0};
    while (next_parameter(&at, end, &parameter)) {
        if (is_name(parameter.name, "name")) {
            name = parameter.value;
        }
        part->is_file = part->is_file || is_name(parameter.name, "filename") ||
                        is_name(parameter.name, "filename*");
    }
    if (name.at && !memchr(name.at, '\0', name.length)) {
        part->name = end_name(value + (name.at - value), name.length);
    }
}

/* The headers of a part, each after a CR LF. */
static void read_headers(char *at, char *end, struct multipart_part *part)
{
    static const char header[] = "\r\nContent-Disposition:";
    size_t length = sizeof header - 1;
    while (at < end) {
        char *next = memmem(at + 2, (size_t)(end - at - 2), "\r\n", 2);
        char *line_end = next ? next : end;
        if ((size_t)(line_end - at) >= length && strncasecmp(at, header, length) == 0) {
            read_disposition(at + length, line_end, part);
        }
        at = line_end;
    }
}

bool multipart_next(struct multipart *multipart, struct multipart_part *part)
{
    *part = (struct multipart_part){0};
    char *end = multipart->end;
    if (multipart->problem) {
        return false;
    }
    if (end - multipart->at >= 2 && memcmp(multipart->at, "--", 2) == 0) {
        return false;
    }
    char *head = multipart->at + count_blanks(multipart->at, end);
    if (end - head < 2 || memcmp(head, "\r\n", 2) != 0) {
        return fail(multipart, "a boundary is not followed by the end of its line");
    }
    char *head_end = memmem(head, (size_t)(end - head), "\r\n\r\n", 4);
    char *value_end = memmem(head, (size_t)(end - head), multipart->boundary, multipart->length);
    if (!value_end) {
        return fail(multipart, "the last boundary is missing; the body may be incomplete");
    }
    if (!head_end || value_end < head_end + 4) {
        return fail(multipart, "a part has no empty line after its headers");
    }
    read_headers(head, head_end, part);
    if (!part->name) {
        return fail(multipart, "a part has no name");
    }
    part->value = head_end + 4;
    if (!part->is_file && memchr(part->value, '\0', (size_t)(value_end - part->value))) {
        return fail(multipart, "a value contains a NUL byte");
    }
    *value_end = '\0';
    multipart->at = value_end + multipart->length;
    return true;
}
