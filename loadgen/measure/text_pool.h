/*
 * text_pool - keeps each distinct text once, so that equal texts are equal pointers.
 *
 * For the texts of errors: there are few, each is built when it first happens, and from then on it
 * is counted by its pointer. At most TEXT_POOL_MAX are kept; every further one becomes the same
 * text, which says so. Texts come from servers and files, and go to terminals and into JSON: bytes
 * that are no UTF-8 and control characters become '?'.
 *
 * Threads: text_pool_intern may be called from all; it takes a lock, so callers remember what they
 * got. Memory: texts live until text_pool_fini.
 */
#ifndef LOADGEN_MEASURE_TEXT_POOL_H
#define LOADGEN_MEASURE_TEXT_POOL_H

#include <pthread.h>
#include <stddef.h>

enum { TEXT_POOL_MAX = 256 };

struct text_pool {
    pthread_mutex_t lock;
    size_t count;
    char *texts[TEXT_POOL_MAX];
};

/* The text that stands for all those that are not kept. */
extern const char text_pool_overflow[];

void text_pool_init(struct text_pool *pool);
void text_pool_fini(struct text_pool *pool);

/* The pool's own copy of `text`; never NULL. */
const char *text_pool_intern(struct text_pool *pool, const char *text);

#endif
