#include "target-api/users/flat_copy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SPARE = 4096 }; /* spare bytes for appending, in addition to a quarter of the length */

struct flat_slot {
    atomic_size_t references;
    atomic_bool is_taken;
};

struct counted_copy {
    struct flat_copy copy; /* first: the public part */
    atomic_size_t references;
    struct flat_slot *slot;
    char storage[];
};

struct flat_slot *flat_slot_create(void)
{
    struct flat_slot *slot = malloc(sizeof *slot);
    if (slot) {
        atomic_init(&slot->references, 1);
        atomic_init(&slot->is_taken, false);
    }
    return slot;
}

struct flat_slot *flat_slot_ref(struct flat_slot *slot)
{
    atomic_fetch_add_explicit(&slot->references, 1, memory_order_relaxed);
    return slot;
}

void flat_slot_unref(struct flat_slot *slot)
{
    if (slot && atomic_fetch_sub_explicit(&slot->references, 1, memory_order_acq_rel) == 1) {
        free(slot);
    }
}

struct flat_copy *flat_copy_create(struct flat_slot *slot, const size_t lens[FLAT_ATTRIBUTES])
{
    if (atomic_load_explicit(&slot->is_taken, memory_order_relaxed) ||
        atomic_exchange(&slot->is_taken, true)) {
        return NULL;
    }
    size_t room[FLAT_ATTRIBUTES];
    size_t all = 0;
    for (int a = 0; a < FLAT_ATTRIBUTES; a++) {
        room[a] = lens[a] + lens[a] / 4 + SPARE;
        all += room[a];
    }
    struct counted_copy *counted = malloc(sizeof *counted + all);
    if (!counted) {
        atomic_store(&slot->is_taken, false);
        return NULL;
    }
    atomic_init(&counted->references, 1);
    counted->slot = flat_slot_ref(slot);
    char *next = counted->storage;
    for (int a = 0; a < FLAT_ATTRIBUTES; a++) {
        counted->copy.bytes[a] = next;
        counted->copy.room[a] = room[a];
        next += room[a];
    }
    return &counted->copy;
}

static struct counted_copy *counted_of(struct flat_copy *copy)
{
    return (struct counted_copy *)(void *)copy;
}

struct flat_copy *flat_copy_ref(struct flat_copy *copy)
{
    atomic_fetch_add_explicit(&counted_of(copy)->references, 1, memory_order_relaxed);
    return copy;
}

void flat_copy_unref(struct flat_copy *copy)
{
    if (!copy ||
        atomic_fetch_sub_explicit(&counted_of(copy)->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    struct flat_slot *slot = counted_of(copy)->slot;
    free(counted_of(copy));
    atomic_store(&slot->is_taken, false);
    flat_slot_unref(slot);
}
