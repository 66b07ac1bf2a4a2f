#include "loadgen/target/rows.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/hash.h"
#include "loadgen/base/memory.h"

uint64_t rows_hash(const char *name)
{
    return hash_fnv1a(name, strlen(name));
}

static uint16_t find(const struct rows *rows, const char *name, uint64_t hash)
{
    size_t count = atomic_load_explicit(&rows->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        if (rows->hashes[i] == hash && strcmp(rows->names[i], name) == 0) {
            return (uint16_t)i;
        }
    }
    return ROWS_OTHER;
}

uint16_t rows_find(const struct rows *rows, const char *name)
{
    return find(rows, name, rows_hash(name));
}

/* The row of this name; adds it if there is room, or returns ROWS_OTHER. */
static uint16_t find_or_add(struct rows *rows, const char *name)
{
    uint64_t hash = rows_hash(name);
    uint16_t row = find(rows, name, hash);
    size_t count = atomic_load_explicit(&rows->count, memory_order_relaxed);
    if (row != ROWS_OTHER || count == ROWS_MAX) {
        return row;
    }
    rows->names[count] = memory_of(strdup(name));
    rows->hashes[count] = hash;
    atomic_store_explicit(&rows->count, count + 1, memory_order_release);
    return (uint16_t)count;
}

uint16_t rows_add(struct rows *rows, const char *name)
{
    uint16_t row = find_or_add(rows, name);
    if (row == ROWS_OTHER) {
        atomic_fetch_add_explicit(&rows->others, 1, memory_order_relaxed);
    }
    return row;
}

void rows_expect_others(struct rows *rows, size_t least)
{
    if (atomic_load_explicit(&rows->others, memory_order_relaxed) < least) {
        atomic_store_explicit(&rows->others, least, memory_order_relaxed);
    }
}

uint16_t rows_merge(struct rows *rows, const char *name)
{
    uint16_t row = find_or_add(rows, name);
    if (row == ROWS_OTHER) {
        rows_expect_others(rows, 1);
    }
    return row;
}

static bool is_in(uint64_t hash, const uint64_t *hashes, size_t count)
{
    size_t i = 0;
    while (i < count && hashes[i] != hash) {
        i++;
    }
    return i < count;
}

void rows_merge_full(struct rows *rows, const uint64_t *hashes, size_t count, size_t others)
{
    size_t kept = 0;
    rows_expect_others(rows, others);
    if (!rows->has_full) {
        rows->has_full = true;
        memcpy(rows->full, hashes, count * sizeof *hashes);
        rows->full_count = count;
    }
    for (size_t i = 0; i < rows->full_count; i++) {
        if (is_in(rows->full[i], hashes, count)) {
            rows->full[kept++] = rows->full[i];
        }
    }
    rows->full_count = kept;
}

bool rows_is_partial(const struct rows *rows, size_t row)
{
    return rows->has_full && row < atomic_load_explicit(&rows->count, memory_order_acquire) &&
           !is_in(rows->hashes[row], rows->full, rows->full_count);
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
    rows->has_full = false;
}
