/*
 * flat_copy - a contiguous copy of a large document's entries, one string per attribute.
 *
 * A document in blocks is copied block by block while it is sent (answer.c says why); a flat copy
 * is sent directly. The copy doubles the memory of the document, so a store has at most one. While
 * a slow client still reads the copy of an old version, newer versions that cannot share it are
 * sent from their blocks.
 *
 * Versions share the copy as they share blocks: each version knows its own length, and the next one
 * appends to the copy while there is room.
 *
 * Threads: any. Memory: reference counts.
 */
#ifndef TARGET_API_USERS_FLAT_COPY_H
#define TARGET_API_USERS_FLAT_COPY_H

#include <stddef.h>

enum { FLAT_ATTRIBUTES = 2 };

/* Shared by the versions of one store: whether a flat copy exists. */
struct flat_slot;

struct flat_slot *flat_slot_create(void); /* NULL: out of memory */
struct flat_slot *flat_slot_ref(struct flat_slot *slot);
void flat_slot_unref(struct flat_slot *slot);

struct flat_copy {
    char *bytes[FLAT_ATTRIBUTES]; /* the caller fills them */
    size_t room[FLAT_ATTRIBUTES];
};

/*
 * Creates a copy with room for at least lens[i] bytes of attribute i. NULL: one exists already, or
 * out of memory.
 */
struct flat_copy *flat_copy_create(struct flat_slot *slot, const size_t lens[FLAT_ATTRIBUTES]);
struct flat_copy *flat_copy_ref(struct flat_copy *copy);

/* Releases a reference; the last release frees the copy and vacates its slot. NULL is allowed. */
void flat_copy_unref(struct flat_copy *copy);

#endif
