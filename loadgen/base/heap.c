#include "loadgen/base/heap.h"

#include <stdlib.h>

bool heap_reserve(struct heap *heap, size_t room)
{
    struct heap_entry **list = realloc(heap->list, (room + 1) * sizeof(struct heap_entry *));
    heap->list = list ? list : heap->list;
    return list;
}

void heap_fini(struct heap *heap)
{
    free(heap->list);
}

static void put(struct heap *heap, size_t at, struct heap_entry *entry)
{
    heap->list[at] = entry;
    entry->position = at + 1;
}

static void move_up(struct heap *heap, size_t at, struct heap_entry *entry)
{
    while (at > 0 && heap->list[(at - 1) / 2]->key > entry->key) {
        put(heap, at, heap->list[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(heap, at, entry);
}

static void move_down(struct heap *heap, size_t at, struct heap_entry *entry)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < heap->count && heap->list[child + 1]->key < heap->list[child]->key) {
            child++;
        }
        if (child >= heap->count || heap->list[child]->key >= entry->key) {
            break;
        }
        put(heap, at, heap->list[child]);
        at = child;
    }
    put(heap, at, entry);
}

void heap_add(struct heap *heap, struct heap_entry *entry)
{
    move_up(heap, heap->count++, entry);
}

void heap_raised(struct heap *heap, struct heap_entry *entry)
{
    move_down(heap, entry->position - 1, entry);
}

void heap_remove(struct heap *heap, struct heap_entry *entry)
{
    if (entry->position == 0) {
        return;
    }
    size_t at = entry->position - 1;
    struct heap_entry *last = heap->list[--heap->count];
    entry->position = 0;
    if (last == entry) {
        return;
    }
    if (last->key < entry->key) {
        move_up(heap, at, last);
    } else {
        move_down(heap, at, last);
    }
}
