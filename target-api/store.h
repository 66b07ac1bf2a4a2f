/*
 * store - the users: looked up by id in O(1), listed in the order in which they first came.
 *
 * Everything that leaves the store is JSON that is already written and never changes (text.h,
 * document.h): a writer makes the next version of the metadata document from the last one, and a
 * reader takes a reference.
 *
 * Threads: any. Two locks. `writing` is held for a whole write, so there is one writer at a time.
 * `lock` is held by a reader while it finds a user and takes a reference, and by a writer only
 * while it swaps a few pointers: allocating, growing, writing the document and the file happen
 * before, freeing after. So no reader waits for a writer's work. Writers go before waiting readers,
 * or a flood of reads would starve them.
 *
 * Memory: the store owns the users; what it returns is a reference that the caller gives back.
 */
#ifndef TARGET_API_STORE_H
#define TARGET_API_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "target-api/document.h"
#include "target-api/slice.h"
#include "target-api/text.h"

struct store;

enum store_attribute { STORE_NAME, STORE_AGE, STORE_ATTRIBUTES };

enum store_result {
    STORE_OK,
    /* Nothing was changed: */
    STORE_NO_MEMORY,
    STORE_FULL,   /* one of the limits */
    STORE_FAILED, /* the file could not be written */
};

struct store_options {
    const char *path; /* of the file that outlives the process, borrowed; NULL: only in memory */
    uint64_t users_max;
    uint64_t bytes_max; /* of ids and values as JSON strings */
};

/* A store with the users of the file or, when there are none, the three sample users. */
struct store *store_create(const struct store_options *options, struct err *err);
void store_destroy(struct store *store);

/* The attribute that has this name. */
bool store_find_attribute(struct slice name, enum store_attribute *attribute);

/*
 * Ids are numbers of any size, as pynum.h writes them.
 * The attribute of a user as a JSON string, a reference for the caller; NULL: no such user.
 */
struct text *store_get(struct store *store, struct slice id, enum store_attribute attribute);

/* {"name":{"0":"user1",...},"age":{...}}, a reference for the caller. */
struct document *store_get_metadata(struct store *store);

struct store_counts {
    uint64_t users;
    uint64_t bytes;
};

struct store_counts store_count(struct store *store);

/*
 * Adds a user, or replaces the one with this id, who keeps their place. The texts are UTF-8 and are
 * copied. *metadata, unless `metadata` is NULL, becomes the document as this write left it, a
 * reference for the caller. When it returns, the file has the user.
 */
enum store_result store_put(struct store *store, struct slice id, struct slice name,
                            struct slice age, struct document **metadata);

#endif
