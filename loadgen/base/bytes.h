/*
 * bytes - a growing buffer that can be reused.
 *
 * If memory runs out, appending leaves the buffer unchanged and sets has_failed, so the caller
 * checks once at the end instead of after each call. bytes_clear empties the buffer and keeps its
 * memory.
 *
 * Threads: one at a time. Memory: start with zeroes; bytes_free.
 */
#ifndef LOADGEN_BASE_BYTES_H
#define LOADGEN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct bytes {
    char *at; /* NULL until something is added */
    size_t length;
    size_t room;
    bool has_failed; /* out of memory: the content is incomplete */
};

void bytes_add(struct bytes *bytes, const void *more, size_t length);
void bytes_add_text(struct bytes *bytes, const char *text);
void bytes_add_number(struct bytes *bytes, size_t number);
void bytes_add_hex(struct bytes *bytes, size_t number);

/* Makes room for `length` more bytes. Returns where to write them; NULL if out of memory. */
char *bytes_reserve(struct bytes *bytes, size_t length);

void bytes_clear(struct bytes *bytes);
void bytes_free(struct bytes *bytes);

/* Appends the content of a file. ERR_FAILED with the path and the reason. */
bool bytes_add_file(struct bytes *bytes, const char *path, struct err *err);

#endif
