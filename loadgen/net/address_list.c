#include "loadgen/net/address_list.h"

#include <stdio.h>
#include <string.h>

enum { OTHERS = ADDRESS_LIST_MAX - 1 };

void address_list_init(struct address_list *list)
{
    memset(list, 0, sizeof *list);
    pthread_mutex_init(&list->lock, NULL);
}

void address_list_fini(struct address_list *list)
{
    pthread_mutex_destroy(&list->lock);
}

/* Only the first `length` bytes are part of the address. */
static bool is_same(const struct address *a, const struct address *b)
{
    return a->length == b->length && memcmp(&a->socket, &b->socket, a->length) == 0;
}

uint32_t address_list_add(struct address_list *list, const struct address *address)
{
    pthread_mutex_lock(&list->lock);
    size_t count = atomic_load_explicit(&list->count, memory_order_relaxed);
    size_t i = 0;
    while (i < count && i < OTHERS && !is_same(&list->items[i], address)) {
        i++;
    }
    if (i == count) {
        list->items[i] = *address;
        list->items[i].number = (uint32_t)i;
        atomic_store_explicit(&list->count, count + 1, memory_order_release);
    }
    pthread_mutex_unlock(&list->lock);
    return (uint32_t)i;
}

const char *address_list_name(const struct address_list *list, uint32_t number,
                              char text[ADDRESS_TEXT])
{
    if (number >= atomic_load_explicit(&list->count, memory_order_acquire)) {
        snprintf(text, ADDRESS_TEXT, "?");
    } else if (number == OTHERS) {
        snprintf(text, ADDRESS_TEXT, "other addresses");
    } else {
        address_print(&list->items[number], text);
    }
    return text;
}
