#include "loadgen/measure/text_pool.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"

const char text_pool_overflow[] = "other errors: too many kinds to list";

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
    if (strcmp(text, text_pool_overflow) == 0) { /* result files contain it, too */
        return text_pool_overflow;
    }
    const char *kept = NULL;
    char *copy = memory_of(strdup(text));
    utf8_clean(copy);
    pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < pool->count && !kept; i++) {
        kept = strcmp(pool->texts[i], copy) == 0 ? pool->texts[i] : NULL;
    }
    if (!kept && pool->count < TEXT_POOL_MAX) {
        kept = pool->texts[pool->count++] = copy;
        copy = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    free(copy);
    return kept ? kept : text_pool_overflow;
}
