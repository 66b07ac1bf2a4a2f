/*
 * user_table - users in the order in which they came, found by id in O(1).
 *
 * A table does not grow: a larger one is made beside it, which shares its values, so that readers
 * never wait for the copying.
 *
 * Threads: none of its own; store.h says who may do what. Memory: user_table_fini frees the table
 * and not the users' values, which a larger table may have taken over.
 */
#ifndef TARGET_API_USER_TABLE_H
#define TARGET_API_USER_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "target-api/document.h"
#include "target-api/text.h"

struct user {
    struct text *key; /* its id as it stands in the metadata document: "4": */
    struct text *values[DOCUMENT_ATTRIBUTES]; /* as JSON strings */
};

/* Copies the texts; the id is a number as pynum.h writes it, the others are UTF-8. False: no
 * memory, and nothing is to be released. */
bool user_init(struct user *user, struct slice id, struct slice name, struct slice age);
void user_fini(struct user *user);

/* Point into the user. */
struct slice user_id(const struct user *user);
struct document_entry user_entry(const struct user *user);

/* The bytes of its key and values. */
size_t user_bytes(const struct user *user);

struct user_table {
    size_t capacity; /* a power of two */
    struct user *users;
    size_t *slots; /* place in users + 1; 0: free */
};

/* False: no memory; user_table_fini is still needed. */
bool user_table_init(struct user_table *table, size_t capacity);
void user_table_fini(struct user_table *table);

/* The slot that holds `id`, or the free one where it belongs: there must be one. */
size_t *user_table_slot(const struct user_table *table, struct slice id);

/* Makes `larger`, of twice the capacity, with the `count` users of `table`. False: no memory. */
bool user_table_grow(const struct user_table *table, size_t count, struct user_table *larger);

#endif
