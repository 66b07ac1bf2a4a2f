/*
 * heap - a binary heap: finds the entry with the lowest key in O(1), adds and removes in O(log n).
 *
 *     struct user { ... struct heap_entry due; }     heap_add(&queue, &user->due)
 *
 * Threads: belongs to one thread. Memory: heap_reserve, heap_fini; entries are embedded by
 * the caller, and must not move while they are in a heap.
 */
#ifndef LOADGEN_BASE_HEAP_H
#define LOADGEN_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start with zeroes. */
struct heap_entry {
    uint64_t key;
    size_t position; /* in the heap, from 1; 0: in no heap */
};

/* Start with zeroes. */
struct heap {
    struct heap_entry **list;
    size_t count;
};

/* Makes room for this many entries in all. False: out of memory; the heap is unchanged. */
bool heap_reserve(struct heap *heap, size_t room);
void heap_fini(struct heap *heap);

/* The entry with the lowest key; NULL: the heap is empty. */
static inline struct heap_entry *heap_first(const struct heap *heap)
{
    return heap->count > 0 ? heap->list[0] : NULL;
}

/* Adds an entry that is in no heap. There must be room for it. */
void heap_add(struct heap *heap, struct heap_entry *entry);

/* Call this after raising the key of an entry that is in the heap. */
void heap_raised(struct heap *heap, struct heap_entry *entry);

/* Removes the entry; does nothing if it is in no heap. */
void heap_remove(struct heap *heap, struct heap_entry *entry);

#endif
