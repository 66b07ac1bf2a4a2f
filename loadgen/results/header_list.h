/*
 * header_list - lines of headers, taken apart and brought together by name.
 *
 * Threads: one. Memory: the list borrows the lines; header_list_free.
 */
#ifndef LOADGEN_RESULTS_HEADER_LIST_H
#define LOADGEN_RESULTS_HEADER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/target/url.h"

struct header {
    struct slice name;
    struct slice value;
    size_t place; /* among the lines, from 0 */
    size_t first; /* the place of the first one with this name */
};

struct header_list {
    struct header *headers;
    size_t count;
    size_t room;
};

enum header_order {
    HEADERS_BY_NAME,  /* sorted, as Go writes a header */
    HEADERS_BY_FIRST, /* in the order of the lines, but equal names together */
};

/* Takes "Name: value\r\n" lines; others are passed over. False when memory is short. */
bool header_list_read(struct header_list *list, struct slice lines, enum header_order order);

void header_list_free(struct header_list *list);

#endif
