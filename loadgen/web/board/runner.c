#include "loadgen/web/board/runner.h"

#include <string.h>

const char *const run_kind_names[RUN_KINDS] = {
#define X(constant, name) [RUN_##constant] = #name,
    RUN_KINDS_ALL(X)
#undef X
};

const char *const run_course_names[RUN_COURSES] = {
#define X(constant, name) [COURSE_##constant] = #name,
    RUN_COURSES_ALL(X)
#undef X
};

static const char *const field_names[] = {
#define X(name) #name,
    RUN_FIELDS(X)
#undef X
};

static const char *find_field(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof field_names / sizeof field_names[0]; i++) {
        if (strlen(field_names[i]) == length && strncmp(field_names[i], name, length) == 0) {
            return field_names[i];
        }
    }
    return NULL;
}

bool run_has_field(const char *name, size_t length)
{
    return find_field(name, length) != NULL;
}

const char *run_field_of(const char *text, const char **rest)
{
    const char *colon = strstr(text, ": ");
    const char *field = colon ? find_field(text, (size_t)(colon - text)) : NULL;
    *rest = field ? colon + 2 : text;
    return field;
}
