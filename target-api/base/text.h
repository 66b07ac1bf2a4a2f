/*
 * text - immutable bytes with a reference count.
 *
 * A reader of the store takes a reference and answers without copying or holding a lock; the bytes
 * stay valid until the answer is sent, even if the store changes in the meantime.
 *
 * Threads: any. Memory: freed with the last reference.
 */
#ifndef TARGET_API_BASE_TEXT_H
#define TARGET_API_BASE_TEXT_H

#include <stdatomic.h>
#include <stddef.h>

struct text {
    atomic_size_t references;
    size_t len;
    char bytes[];
};

/* Creates a text with one reference; fill `bytes` before sharing it. NULL: out of memory. */
struct text *text_create(size_t len);

/* Adds a reference and returns the text. */
struct text *text_ref(struct text *text);

/* Releases a reference. NULL is allowed. */
void text_unref(struct text *text);

#endif
