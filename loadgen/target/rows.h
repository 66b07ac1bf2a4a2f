/*
 * rows - the names that have a row of their own in reports.
 *
 * The first ROWS_MAX different names get one each; what comes after shares the row ROWS_OTHER. So a
 * row is a small number, whatever is attacked, and counting by row is an array.
 *
 * Threads: one thread adds; any thread that was handed a row, or saw the count, may read the names
 * up to it. Memory: rows_free.
 */
#ifndef LOADGEN_TARGET_ROWS_H
#define LOADGEN_TARGET_ROWS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROWS_MAX = 64, ROWS_OTHER = ROWS_MAX, ROWS_ALL = ROWS_MAX + 1 };

struct rows {
    _Atomic size_t count;  /* rows with a name of their own */
    _Atomic size_t others; /* targets that share ROWS_OTHER */
    char *names[ROWS_MAX];
    uint32_t hashes[ROWS_MAX];
};

/* The row of a target with this name: the one that has it, a new one, or ROWS_OTHER. */
uint8_t rows_add(struct rows *rows, const char *name);

/* The name of a row: what rows_add was given, or "other". */
const char *rows_name(const struct rows *rows, size_t row);

void rows_free(struct rows *rows);

#endif
