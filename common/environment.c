#include "common/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"

const char *environment_get(const char *name)
{
    const char *value = getenv(name);
    if (!value) {
        return NULL;
    }
    const char *begin = value;
    const char *end = value + strlen(value);
    blank_trim_range(&begin, &end);
    if (*end == '\0') {
        return begin;
    }
    char *trimmed = strndup(begin, (size_t)(end - begin));
    bool is_set = trimmed && setenv(name, trimmed, 1) == 0; /* the environment owns the copy */
    free(trimmed);
    return is_set ? getenv(name) : begin;
}
