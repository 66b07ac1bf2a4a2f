/*
 * bytes - a buffer that grows, and is used again and again.
 *
 * Appending never fails on the spot: when memory is short the buffer stays as it is and remembers
 * it, so that a message is put together without a check a line; who needs the result asks
 * has_failed once. bytes_clear empties the buffer and keeps its memory.
 *
 * Threads: a value of its owner. Memory: start with zeroes; bytes_free.
 */
#ifndef LOADGEN_TARGET_BYTES_H
#define LOADGEN_TARGET_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct bytes {
    char *at; /* NULL until something was added */
    size_t length;
    size_t room;
    bool has_failed; /* memory was short: something is missing */
};

void bytes_add(struct bytes *bytes, const void *more, size_t length);
void bytes_add_text(struct bytes *bytes, const char *text);
void bytes_add_number(struct bytes *bytes, size_t number);
void bytes_add_hex(struct bytes *bytes, size_t number);

/* Makes room for `length` more; the place to write them, NULL when memory is short. */
char *bytes_reserve(struct bytes *bytes, size_t length);

void bytes_clear(struct bytes *bytes);
void bytes_free(struct bytes *bytes);

/* Appends a whole file. ERR_FAILED with the path and the reason. */
bool bytes_add_file(struct bytes *bytes, const char *path, struct err *err);

#endif
