/*
 * text_pool - interns texts: equal texts become equal pointers.
 *
 * Used for error texts, which are few. After TEXT_POOL_MAX texts, each new one becomes
 * text_pool_overflow. Texts come from servers and files and go to terminals and into JSON, so
 * invalid UTF-8 and control characters become '?'.
 *
 * Threads: text_pool_intern may be called from any thread; it locks, so callers cache the result.
 * Memory: texts live until text_pool_fini.
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

/* Returned for each text that does not fit into the pool. */
extern const char text_pool_overflow[];

void text_pool_init(struct text_pool *pool);
void text_pool_fini(struct text_pool *pool);

/* Returns the pool's copy of `text`, or text_pool_overflow; never NULL. */
const char *text_pool_intern(struct text_pool *pool, const char *text);

#endif
