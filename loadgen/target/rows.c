#include "loadgen/target/rows.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/target/memory.h"

/* FNV-1a: most names are told apart without a look at their bytes. */
static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261U;
    for (const char *c = name; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    }
    return hash;
}

uint8_t rows_add(struct rows *rows, const char *name)
{
    size_t count = atomic_load_explicit(&rows->count, memory_order_relaxed);
    uint32_t hash = hash_name(name);
    for (size_t i = 0; i < count; i++) {
        if (rows->hashes[i] == hash && strcmp(rows->names[i], name) == 0) {
            return (uint8_t)i;
        }
    }
    if (count == ROWS_MAX) {
        atomic_fetch_add_explicit(&rows->others, 1, memory_order_relaxed);
        return ROWS_OTHER;
    }
    rows->names[count] = memory_of(strdup(name));
    rows->hashes[count] = hash;
    atomic_store_explicit(&rows->count, count + 1, memory_order_release);
    return (uint8_t)count;
}

const char *rows_name(const struct rows *rows, size_t row)
{
    bool has_name = row < atomic_load_explicit(&rows->count, memory_order_acquire);
    return has_name ? rows->names[row] : "other";
}

void rows_free(struct rows *rows)
{
    size_t count = atomic_load(&rows->count);
    for (size_t i = 0; i < count; i++) {
        free(rows->names[i]);
        rows->names[i] = NULL;
    }
    atomic_store(&rows->count, 0);
    atomic_store(&rows->others, 0);
}
