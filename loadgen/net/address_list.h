/*
 * address_list - all addresses of a run, numbered in the order in which they first appear.
 *
 * Results refer to addresses by number; reports have one row per address. The list only grows, so
 * numbers stay valid during the run. All addresses beyond the first ADDRESS_LIST_MAX - 1 share the
 * last number, which is printed as "other addresses".
 *
 * Threads: any thread may add or read. Adding takes a short lock; it happens when a name is
 * resolved, never when a request is sent. Memory: holds copies; address_list_fini.
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
};

void address_list_init(struct address_list *list);
void address_list_fini(struct address_list *list);

/* Returns the number of this address; adds the address if it is new. */
uint32_t address_list_add(struct address_list *list, const struct address *address);

/* Prints the address (address_print); "?" for ADDRESS_NONE or an unknown number. Returns `text`. */
const char *address_list_name(const struct address_list *list, uint32_t number,
                              char text[ADDRESS_TEXT]);

#endif
