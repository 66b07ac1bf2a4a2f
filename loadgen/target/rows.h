/*
 * rows - the names that have their own row in reports.
 *
 * The first ROWS_MAX different names get a row each; later ones share the row ROWS_OTHER. So row
 * numbers stay small, however many targets there are, and counters by row fit into an array.
 *
 * Threads: one at a time may add; others may read `count` and `others`, and call rows_find and
 * rows_name, at the same time. Memory: rows_free.
 */
#ifndef LOADGEN_TARGET_ROWS_H
#define LOADGEN_TARGET_ROWS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROWS_MAX = 512, ROWS_OTHER = ROWS_MAX, ROWS_ALL = ROWS_MAX + 1 };

struct rows {
    _Atomic size_t count;  /* rows with their own name */
    _Atomic size_t others; /* targets that share ROWS_OTHER */
    char *names[ROWS_MAX];
    uint64_t hashes[ROWS_MAX]; /* rows_hash of the names; names are compared if these match */
    /* If merged tables were full: hashes of the names that have a row in every full table. */
    bool has_full;
    size_t full_count;
    uint64_t full[ROWS_MAX];
};

/* A hash of the name, the same on every machine. */
uint64_t rows_hash(const char *name);

/* Returns the row of this name: an existing one, a new one, or ROWS_OTHER. */
uint16_t rows_add(struct rows *rows, const char *name);

/* The row of this name; ROWS_OTHER if it does not have its own. */
uint16_t rows_find(const struct rows *rows, const char *name);

/* The name of the row; "other" for ROWS_OTHER. */
const char *rows_name(const struct rows *rows, size_t row);

/*
 * Tables of several processes are merged by name. rows_merge is rows_add for a name that has a row
 * in another table; it may be called several times for a name. rows_merge_full records that another
 * table is full: that table has rows for the names with these hashes, and counts `others` further
 * names as "other".
 */
uint16_t rows_merge(struct rows *rows, const char *name);
void rows_merge_full(struct rows *rows, const uint64_t *hashes, size_t count, size_t others);

/* Records that at least this many names share ROWS_OTHER. */
void rows_expect_others(struct rows *rows, size_t least);

/* True if some merged table may have counted results of this row as "other". */
bool rows_is_partial(const struct rows *rows, size_t row);

void rows_free(struct rows *rows);

#endif
