/*
 * arena - memory that is taken in small pieces and given back all at once.
 *
 * Pieces come from blocks of 256 kB, so that a hundred thousand small ones cost hardly more than
 * their bytes. A piece that is larger has a block of its own.
 *
 * Threads: a value of its owner. Memory: start with zeroes; arena_free.
 */
#ifndef LOADGEN_TARGET_ARENA_H
#define LOADGEN_TARGET_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* the one in use first */
};

/* A copy of these bytes, unaligned; NULL when memory is short. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

void arena_free(struct arena *arena);

#endif
