#include "loadgen/results/memo.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_MIN = 64 };

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
    entry->text = copy;
    entry->first = (struct slice){copy, first.length};
    entry->second = (struct slice){copy + first.length, second.length};
    return true;
}

/* Where these texts are, or would be. */
static struct memo_entry *place_of(const struct memo *memo, uint64_t hash, struct slice first,
                                   struct slice second)
{
    for (uint64_t i = hash ^ hash >> 29;; i++) {
        struct memo_entry *entry = &memo->entries[i & (memo->places - 1)];
        if (!entry->first.at || (entry->hash == hash && is_same(entry->first, first) &&
                                 is_same(entry->second, second))) {
            return entry;
        }
    }
}

/* Makes room for one more. */
static bool grow(struct memo *memo)
{
    if (2 * ((size_t)memo->count + 1) <= memo->places) {
        return true;
    }
    struct memo larger = {.places = memo->places ? 2 * memo->places : PLACES_MIN,
                          .count = memo->count};
    larger.entries = calloc(larger.places, sizeof *larger.entries);
    if (!larger.entries) {
        return false;
    }
    for (size_t i = 0; i < memo->places; i++) {
        const struct memo_entry *entry = &memo->entries[i];
        if (entry->first.at) {
            *place_of(&larger, entry->hash, entry->first, entry->second) = *entry;
        }
    }
    free(memo->entries);
    *memo = larger;
    return true;
}

struct memo_entry *memo_find(struct memo *memo, struct slice first, struct slice second,
                             bool *is_new)
{
    *is_new = false;
    if (!grow(memo)) {
        return NULL;
    }
    uint64_t hash = hash_slice(hash_slice(14695981039346656037U, first), second);
    struct memo_entry *entry = place_of(memo, hash, first, second);
    if (entry->first.at) {
        return entry;
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
    for (size_t i = 0; i < memo->places; i++) {
        free(memo->entries[i].text);
    }
    free(memo->entries);
    *memo = (struct memo){0};
}
