/*
 * text - bytes that never change, shared by counting references.
 *
 * What lets a reader of the store answer without copying and without holding a lock: it takes a
 * reference, and the bytes live until the answer is sent, whatever is written meanwhile.
 *
 * Threads: any. Memory: freed with the last reference.
 */
#ifndef TARGET_API_TEXT_H
#define TARGET_API_TEXT_H

#include <stdatomic.h>
#include <stddef.h>

struct text {
    atomic_size_t references;
    size_t len;
    char bytes[];
};

/* With one reference, the caller's. The caller fills `bytes` before it shares it. NULL: no memory.
 */
struct text *text_create(size_t len);

/* Adds a reference and returns the text. */
struct text *text_ref(struct text *text);

/* Gives a reference back. NULL is allowed. */
void text_unref(struct text *text);

#endif
