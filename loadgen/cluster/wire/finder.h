/*
 * finder - finds workers in a list, in a time that does not grow with their number.
 *
 * Threads: one. Memory: start with zeroes; finder_free. Workers are copied.
 */
#ifndef LOADGEN_CLUSTER_WIRE_FINDER_H
#define LOADGEN_CLUSTER_WIRE_FINDER_H

#include <stddef.h>

#include "loadgen/cluster/wire/wire.h"

#define FINDER_NONE SIZE_MAX

struct finder_entry {
    struct wire_worker worker; /* without a name: unused */
    size_t place;
};

/* All fields are private. */
struct finder {
    struct finder_entry *entries;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

/* Adds a worker that is not there yet. `place` is its place in the list. */
void finder_add(struct finder *finder, const struct wire_worker *worker, size_t place);

/* The place of the worker in the list; FINDER_NONE: it was not added. */
size_t finder_find(const struct finder *finder, const struct wire_worker *worker);

/* Removes all workers. */
void finder_clear(struct finder *finder);

void finder_free(struct finder *finder);

#endif
