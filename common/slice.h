/*
 * slice - a view of bytes that it does not own.
 *
 * It need not be NUL-terminated and may contain NULs. Each function that returns a slice documents
 * how long it stays valid.
 */
#ifndef COMMON_SLICE_H
#define COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *at;
    size_t length;
};

static inline struct slice slice_of(const char *string)
{
    return (struct slice){string, strlen(string)};
}

static inline bool slice_equals(struct slice slice, const char *string)
{
    return slice.length == strlen(string) && memcmp(slice.at, string, slice.length) == 0;
}

#endif
