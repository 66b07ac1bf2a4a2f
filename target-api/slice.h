/*
 * slice - bytes that somebody else owns. Not terminated, and a NUL inside is a byte like any other.
 * Whoever hands one out says until when it is valid.
 */
#ifndef TARGET_API_SLICE_H
#define TARGET_API_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *bytes;
    size_t len;
};

static inline struct slice slice_of(const char *string)
{
    return (struct slice){string, strlen(string)};
}

static inline bool slice_equals(struct slice slice, const char *string)
{
    return slice.len == strlen(string) && memcmp(slice.bytes, string, slice.len) == 0;
}

#endif
