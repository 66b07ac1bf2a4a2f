/*
 * address_list - every address that a run meets, numbered in the order of meeting.
 *
 * Results name an address by its number; reports have a row for each. The list only grows, so a
 * number stays good for the run. ADDRESS_LIST_MAX are told apart; what comes after shares the last
 * number, and its name is "other addresses".
 *
 * Threads: any thread may add or read. Adding takes a lock: it belongs to resolving a name, not to
 * sending a request. Memory: the list holds copies; address_list_fini.
 */
#ifndef LOADGEN_NET_ADDRESS_LIST_H
#define LOADGEN_NET_ADDRESS_LIST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/net/address.h"

enum { ADDRESS_LIST_MAX = 1024 };

/* No address: the name was not resolved. */
#define ADDRESS_NONE UINT32_MAX

struct address_list {
    pthread_mutex_t lock;
    _Atomic size_t count;
    struct address items[ADDRESS_LIST_MAX];
    void (*on_added)(void *context, uint32_t number); /* NULL: nobody is told */
    void *context;
};

void address_list_init(struct address_list *list);
void address_list_fini(struct address_list *list);

/*
 * From now on tells `on_added` of each new number, on the thread that adds it and before anybody
 * can have used it. It must not add any.
 */
void address_list_watch(struct address_list *list, void (*on_added)(void *context, uint32_t number),
                        void *context);

/* The number of this address: the one that it has, or a new one. */
uint32_t address_list_add(struct address_list *list, const struct address *address);

/* What the address is called: address_print's text, "?" for ADDRESS_NONE. Returns `text`. */
const char *address_list_name(const struct address_list *list, uint32_t number,
                              char text[ADDRESS_TEXT]);

#endif
