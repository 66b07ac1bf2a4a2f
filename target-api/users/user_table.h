/*
 * user_table - users in the order in which they were added, found by id in O(1).
 *
 * A table does not grow in place: user_table_grow makes a larger one that shares the users' values,
 * so that readers never wait for the copy.
 *
 * Threads: the store's locks protect a table (store.h). Memory: user_table_fini frees the table,
 * not the users' values, which a larger table may share.
 */
#ifndef TARGET_API_USERS_USER_TABLE_H
#define TARGET_API_USERS_USER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target-api/base/text.h"
#include "target-api/users/document.h"

struct user {
    int64_t id;
    struct text *key;                         /* the id as in the metadata document: "4": */
    struct text *values[DOCUMENT_ATTRIBUTES]; /* as JSON strings */
};

/* Copies `name` and `age`, which are UTF-8. False: out of memory; nothing to release. */
bool user_init(struct user *user, int64_t id, struct slice name, struct slice age);
void user_fini(struct user *user);

/* The user's entry in the metadata document; its slices point into the user. */
struct document_entry user_entry(const struct user *user);

/* The total length of the user's key and values, in bytes. */
size_t user_bytes(const struct user *user);

struct user_table {
    size_t capacity; /* a power of two */
    struct user *users;
    size_t *slots; /* 1 + index in `users`; 0: free */
};

/* False: out of memory; user_table_fini is still needed. */
bool user_table_init(struct user_table *table, size_t capacity);
void user_table_fini(struct user_table *table);

/* The slot of `id`, or the free slot where it belongs. */
size_t *user_table_slot(const struct user_table *table, int64_t id);

/*
 * Initializes `larger`, which must be all zeroes, with twice the capacity and the `count` users of
 * `table`. False: out of memory; user_table_fini is still needed.
 */
bool user_table_grow(const struct user_table *table, size_t count, struct user_table *larger);

#endif
