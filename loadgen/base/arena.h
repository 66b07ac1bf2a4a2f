/*
 * arena - many small allocations that are freed together.
 *
 * Allocations come from blocks of 256 KiB, so 100,000 small allocations need little more memory
 * than their content. An allocation larger than a block gets its own.
 *
 * Threads: one at a time. Memory: start with zeroes; arena_free frees all.
 */
#ifndef LOADGEN_BASE_ARENA_H
#define LOADGEN_BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* the current one first */
};

/* Returns a copy of these bytes, unaligned; NULL if out of memory. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

void arena_free(struct arena *arena);

#endif
