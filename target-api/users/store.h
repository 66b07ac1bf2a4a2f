/*
 * store - the users: found by id in O(1), listed in the order in which they were first added.
 *
 * What the store returns is finished, immutable JSON (text.h, document.h): a writer derives the
 * next version of the metadata document from the last one, and a reader takes a reference.
 *
 * Threads: any. There are two locks. A writer holds `writing` for the whole write, so there is one
 * writer at a time. Readers hold `lock` to find a user and take a reference. The writer holds
 * `lock` only to swap pointers: it allocates, extends the document and writes the file before that,
 * and frees memory afterwards. Waiting writers take precedence over waiting readers; otherwise a
 * flood of reads would starve the writers.
 *
 * Memory: the store owns the users; returned references belong to the caller.
 */
#ifndef TARGET_API_USERS_STORE_H
#define TARGET_API_USERS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"
#include "target-api/base/text.h"
#include "target-api/users/document.h"

struct store;

enum store_attribute { STORE_NAME, STORE_AGE, STORE_ATTRIBUTES };

enum store_result {
    STORE_OK,
    /* Errors; the store is unchanged: */
    STORE_NO_MEMORY,
    STORE_FULL,   /* a limit is reached */
    STORE_FAILED, /* the file could not be written */
};

struct store_options {
    const char *path; /* of the SQLite file, borrowed; NULL: memory only */
    uint64_t users_max;
    uint64_t bytes_max; /* of all ids, names and ages as JSON */
};

/*
 * Creates a store with the users of the file, or with the three sample users if the file is empty
 * or there is none. NULL: err is set.
 */
struct store *store_create(const struct store_options *options, struct err *err);
void store_destroy(struct store *store);

/* Finds an attribute by name. False: there is no such attribute. */
bool store_find_attribute(struct slice name, enum store_attribute *attribute);

/* The attribute of a user as a JSON string; NULL: no such user. */
struct text *store_get(struct store *store, int64_t id, enum store_attribute attribute);

/* {"name":{"0":"user1",...},"age":{...}} */
struct document *store_get_metadata(struct store *store);

struct store_counts {
    uint64_t users;
    uint64_t bytes;
};

struct store_counts store_count(struct store *store);

/*
 * Adds a user, or replaces the one with this id at the same position. `name` and `age` are UTF-8
 * and are copied. STORE_OK: the user is also in the file, if there is one, and *metadata (unless
 * `metadata` is NULL) is a reference to the document after this write.
 */
enum store_result store_put(struct store *store, int64_t id, struct slice name, struct slice age,
                            struct document **metadata);

#endif
