#include "loadgen/base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 262144 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t room;
    char bytes[];
};

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    struct arena_block *block = arena->blocks;
    if (!block || block->room - block->used < length) {
        size_t room = length > BLOCK_BYTES ? length : BLOCK_BYTES;
        block = malloc(sizeof *block + room);
        if (!block) {
            return NULL;
        }
        block->next = arena->blocks;
        block->used = 0;
        block->room = room;
        arena->blocks = block;
    }
    char *copy = block->bytes + block->used;
    memcpy(copy, bytes, length);
    block->used += length;
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
}
