/*
 * given - files and environment variables that a scenario uses instead of those of this machine: on
 * a worker, those of the controller.
 *
 * Threads: read-only once filled in. Memory: start with zeroes; given_free.
 */
#ifndef LOADGEN_USERS_FILES_GIVEN_H
#define LOADGEN_USERS_FILES_GIVEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

struct given_item {
    char *name;
    char *bytes; /* followed by a NUL; NULL: the variable is not set */
    size_t length;
};

struct given_list {
    struct given_item *list;
    size_t count;
};

struct given {
    struct given_list files;
    struct given_list variables;
};

/* Adds an item, unless there is one with this name. `bytes` NULL: the variable is not set. */
void given_add(struct given_list *list, const char *name, const char *bytes, size_t length);

/* NULL: there is none with this name. */
const struct given_item *given_find(const struct given_list *list, const char *name);

void given_free(struct given *given);

#endif
