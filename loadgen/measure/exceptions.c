#include "loadgen/users/exceptions.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

void exceptions_init(struct exceptions *exceptions)
{
    memset(exceptions, 0, sizeof *exceptions);
    pthread_mutex_init(&exceptions->lock, NULL);
}

void exceptions_fini(struct exceptions *exceptions)
{
    for (size_t i = 0; i < exceptions->count; i++) {
        free(exceptions->list[i].text);
    }
    pthread_mutex_destroy(&exceptions->lock);
}

void exceptions_add(struct exceptions *exceptions, const char *text)
{
    pthread_mutex_lock(&exceptions->lock);
    size_t i = 0;
    while (i < exceptions->count && strcmp(exceptions->list[i].text, text) != 0) {
        i++;
    }
    if (i == exceptions->count && i < EXCEPTIONS_MAX) {
        exceptions->list[exceptions->count++] = (struct exception){memory_of(strdup(text)), 0};
    }
    if (i < EXCEPTIONS_MAX) {
        exceptions->list[i].count++;
    }
    exceptions->total++;
    pthread_mutex_unlock(&exceptions->lock);
}
