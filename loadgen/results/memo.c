#include "loadgen/results/memo.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 2 * MEMO_MAX };

/* FNV-1a over words of eight bytes, the rest one by one. */
static uint64_t hash_slice(uint64_t hash, struct slice text)
{
    const uint64_t prime = 1099511628211U;
    size_t i = 0;
    for (; i + 8 <= text.length; i += 8) {
        uint64_t word = 0;
        memcpy(&word, text.at + i, sizeof word);
        hash = (hash ^ word) * prime;
        hash ^= hash >> 32;
    }
    for (; i < text.length; i++) {
        hash = (hash ^ (unsigned char)text.at[i]) * prime;
    }
    return (hash ^ text.length) * prime;
}

static bool is_same(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

static bool fill(struct memo_entry *entry, struct slice first, struct slice second)
{
    char *copy = malloc(first.length + second.length + 1);
    if (!copy) {
        return false;
    }
    if (first.length > 0) {
        memcpy(copy, first.at, first.length);
    }
    if (second.length > 0) {
        memcpy(copy + first.length, second.at, second.length);
    }
    entry->first = (struct slice){copy, first.length};
    entry->second = (struct slice){copy + first.length, second.length};
    return true;
}

struct memo_entry *memo_find(struct memo *memo, struct slice first, struct slice second,
                             bool *is_new)
{
    *is_new = false;
    if (!memo->entries) {
        memo->entries = calloc(PLACES, sizeof *memo->entries);
    }
    if (!memo->entries) {
        return NULL;
    }
    uint64_t hash = hash_slice(hash_slice(14695981039346656037U, first), second);
    struct memo_entry *entry = NULL;
    for (uint64_t i = hash ^ hash >> 29;; i++) {
        entry = &memo->entries[i % PLACES];
        if (!entry->first.at) {
            break;
        }
        if (entry->hash == hash && is_same(entry->first, first) && is_same(entry->second, second)) {
            return entry;
        }
    }
    if (memo->count == MEMO_MAX || !fill(entry, first, second)) {
        return NULL;
    }
    entry->hash = hash;
    entry->index = memo->count++;
    *is_new = true;
    return entry;
}

void memo_free(struct memo *memo)
{
    for (size_t i = 0; memo->entries && i < PLACES; i++) {
        free((char *)(uintptr_t)memo->entries[i].first.at);
    }
    free(memo->entries);
    *memo = (struct memo){0};
}
