#include "target-api/base/text.h"

#include <stdlib.h>

struct text *text_create(size_t len)
{
    struct text *text = malloc(sizeof *text + len);
    if (text) {
        atomic_init(&text->references, 1);
        text->len = len;
    }
    return text;
}

struct text *text_ref(struct text *text)
{
    /* Relaxed: the caller has a reference, so it already sees the bytes. */
    atomic_fetch_add_explicit(&text->references, 1, memory_order_relaxed);
    return text;
}

void text_unref(struct text *text)
{
    /* Orders every reader's last read before the free. */
    if (text && atomic_fetch_sub_explicit(&text->references, 1, memory_order_acq_rel) == 1) {
        free(text);
    }
}
