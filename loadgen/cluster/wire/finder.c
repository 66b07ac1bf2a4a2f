#include "loadgen/cluster/wire/finder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

enum { ROOM_MIN = 64 };

static bool is_used(const struct finder_entry *entry)
{
    return entry->worker.name[0] != '\0';
}

/* The entry of this worker, or the unused one where it would be. An incarnation is random. */
static struct finder_entry *entry_of(const struct finder *finder, const struct wire_worker *worker)
{
    size_t at = (size_t)worker->incarnation;
    for (;; at++) {
        struct finder_entry *entry = &finder->entries[at & (finder->room - 1)];
        if (!is_used(entry) || wire_is_same_worker(&entry->worker, worker)) {
            return entry;
        }
    }
}

/* Leaves at least half of the entries unused. */
static void grow(struct finder *finder)
{
    struct finder before = *finder;
    finder->room = before.room > 0 ? 2 * before.room : ROOM_MIN;
    finder->entries = memory_of(calloc(finder->room, sizeof *finder->entries));
    for (size_t i = 0; i < before.room; i++) {
        if (is_used(&before.entries[i])) {
            *entry_of(finder, &before.entries[i].worker) = before.entries[i];
        }
    }
    free(before.entries);
}

void finder_add(struct finder *finder, const struct wire_worker *worker, size_t place)
{
    if (2 * finder->count >= finder->room) {
        grow(finder);
    }
    *entry_of(finder, worker) = (struct finder_entry){*worker, place};
    finder->count++;
}

size_t finder_find(const struct finder *finder, const struct wire_worker *worker)
{
    if (finder->count == 0) {
        return FINDER_NONE;
    }
    const struct finder_entry *entry = entry_of(finder, worker);
    return is_used(entry) ? entry->place : FINDER_NONE;
}

void finder_clear(struct finder *finder)
{
    if (finder->entries) {
        memset(finder->entries, 0, finder->room * sizeof *finder->entries);
    }
    finder->count = 0;
}

void finder_free(struct finder *finder)
{
    free(finder->entries);
    *finder = (struct finder){0};
}
