#include "loadgen/measure/text_pool.h"

#include <stdlib.h>
#include <string.h>

static const char overflow[] = "other errors: more kinds than are told apart";

void text_pool_init(struct text_pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->count = 0;
}

void text_pool_fini(struct text_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        free(pool->texts[i]);
    }
    pthread_mutex_destroy(&pool->lock);
}

const char *text_pool_intern(struct text_pool *pool, const char *text)
{
    const char *kept = NULL;
    pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < pool->count && !kept; i++) {
        kept = strcmp(pool->texts[i], text) == 0 ? pool->texts[i] : NULL;
    }
    char *copy = !kept && pool->count < TEXT_POOL_MAX ? strdup(text) : NULL;
    if (copy) {
        kept = pool->texts[pool->count++] = copy;
    }
    pthread_mutex_unlock(&pool->lock);
    return kept ? kept : overflow;
}
