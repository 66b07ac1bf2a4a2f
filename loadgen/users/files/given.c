#include "loadgen/users/files/given.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

void given_add(struct given_list *list, const char *name, const char *bytes, size_t length)
{
    if (given_find(list, name)) {
        return;
    }
    list->list = memory_of(realloc(list->list, (list->count + 1) * sizeof list->list[0]));
    struct given_item *item = &list->list[list->count++];
    *item = (struct given_item){.name = memory_of(strdup(name)), .length = length};
    if (bytes) {
        item->bytes = memory_of(malloc(length + 1));
        memcpy(item->bytes, bytes, length);
        item->bytes[length] = '\0';
    }
}

const struct given_item *given_find(const struct given_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->list[i].name, name) == 0) {
            return &list->list[i];
        }
    }
    return NULL;
}

static void free_list(struct given_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->list[i].name);
        free(list->list[i].bytes);
    }
    free(list->list);
}

void given_free(struct given *given)
{
    free_list(&given->files);
    free_list(&given->variables);
    *given = (struct given){0};
}
