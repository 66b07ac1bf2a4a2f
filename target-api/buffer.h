/*
 * buffer - bytes that grow up to a limit.
 *
 * Failure is sticky: once something did not fit or memory ran out, every later call fails too, so
 * that a writer adds piece after piece and asks once, at the end, in buffer_take.
 *
 * Threads: one owner, no locks. Memory: the caller owns the struct, the struct owns the bytes.
 */
#ifndef TARGET_API_BUFFER_H
#define TARGET_API_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "target-api/slice.h"

struct buffer {
    char *bytes; /* NULL while empty */
    size_t len;
    size_t size; /* allocated */
    size_t max;  /* len never passes it */
    bool failed;
};

void buffer_init(struct buffer *b, size_t max);
void buffer_fini(struct buffer *b);

/* Makes room: as long as `more` bytes are not exceeded, what was added does not move. */
bool buffer_reserve(struct buffer *b, size_t more);

/* All of it or, with a false, nothing. */
bool buffer_add(struct buffer *b, const char *bytes, size_t len);
bool buffer_add_string(struct buffer *b, const char *string);
bool buffer_add_format(struct buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Adds `text` (UTF-8) as a JSON string with its quotes, as Python writes it: only what must be
 * escaped is, and \u escapes have small letters. A surrogate becomes an escape too.
 */
bool buffer_add_json_string(struct buffer *b, struct slice text);

/* Hands the bytes over, to be freed by the caller, and empties the buffer. NULL: it had failed. */
char *buffer_take(struct buffer *b, size_t *len);

#endif
