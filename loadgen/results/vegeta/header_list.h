/*
 * header_list - splits header lines and groups them by name.
 *
 * Threads: one. Memory: header_list_free; the lines are borrowed.
 */
#ifndef LOADGEN_RESULTS_VEGETA_HEADER_LIST_H
#define LOADGEN_RESULTS_VEGETA_HEADER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

struct header {
    struct slice name;
    struct slice value;
    size_t index; /* of the line, from 0 */
    size_t first; /* index of the first line with this name */
};

struct header_list {
    struct header *headers;
    size_t count;
    size_t room;
};

enum header_order {
    HEADERS_BY_NAME,  /* sorted by name, as Go writes headers */
    HEADERS_BY_FIRST, /* in order of first appearance, equal names together */
};

/* Reads "Name: value\r\n" lines and skips others. False if out of memory. */
bool header_list_read(struct header_list *list, struct slice lines, enum header_order order);

void header_list_free(struct header_list *list);

#endif
