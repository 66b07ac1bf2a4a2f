#include "loadgen/results/vegeta/memo.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/hash.h"

enum { SLOTS_MIN = 64 };

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

/* The slot of these texts, or the free one in which to insert them. */
static struct memo_entry *find_slot(const struct memo *memo, uint64_t hash, struct slice first,
                                    struct slice second)
{
    for (uint64_t i = hash ^ hash >> 29;; i++) {
        struct memo_entry *entry = &memo->entries[i & (memo->slots - 1)];
        if (!entry->first.at || (entry->hash == hash && is_same(entry->first, first) &&
                                 is_same(entry->second, second))) {
            return entry;
        }
    }
}

/* Makes room for one more entry. */
static bool grow(struct memo *memo)
{
    if (2 * ((size_t)memo->count + 1) <= memo->slots) {
        return true;
    }
    struct memo larger = {.slots = memo->slots ? 2 * memo->slots : SLOTS_MIN, .count = memo->count};
    larger.entries = calloc(larger.slots, sizeof *larger.entries);
    if (!larger.entries) {
        return false;
    }
    for (size_t i = 0; i < memo->slots; i++) {
        const struct memo_entry *entry = &memo->entries[i];
        if (entry->first.at) {
            *find_slot(&larger, entry->hash, entry->first, entry->second) = *entry;
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
    uint64_t hash =
        hash_bytes(hash_bytes(HASH_START, first.at, first.length), second.at, second.length);
    struct memo_entry *entry = find_slot(memo, hash, first, second);
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
    for (size_t i = 0; i < memo->slots; i++) {
        free(memo->entries[i].text);
    }
    free(memo->entries);
    *memo = (struct memo){0};
}
