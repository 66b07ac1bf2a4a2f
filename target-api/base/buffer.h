/*
 * buffer - a byte buffer that grows up to a limit.
 *
 * Failure is sticky: after an addition that does not fit or cannot be allocated, all later ones
 * fail, so the caller checks once, in buffer_take.
 *
 * Threads: one owner. Memory: the caller owns the struct, the struct owns the bytes.
 */
#ifndef TARGET_API_BASE_BUFFER_H
#define TARGET_API_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

struct buffer {
    char *bytes; /* NULL: nothing is allocated yet */
    size_t len;
    size_t size; /* allocated */
    size_t max;  /* limit of len */
    bool failed;
};

void buffer_init(struct buffer *b, size_t max);
void buffer_fini(struct buffer *b);

/* Makes room for `more` bytes: adding that many does not move the buffer. */
bool buffer_reserve(struct buffer *b, size_t more);

/*
 * Each adds everything, or returns false and adds nothing. buffer_add_format adds at most 255
 * bytes; more is a failure.
 */
bool buffer_add(struct buffer *b, const char *bytes, size_t len);
bool buffer_add_string(struct buffer *b, const char *string);
bool buffer_add_format(struct buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Adds `text` (UTF-8) as a quoted JSON string. As in Python, it escapes only what JSON requires,
 * and \u escapes are lower-case.
 */
bool buffer_add_json_string(struct buffer *b, struct slice text);

/*
 * Empties the buffer and returns its bytes, which the caller frees. NULL: an addition failed, or
 * out of memory.
 */
char *buffer_take(struct buffer *b, size_t *len);

#endif
