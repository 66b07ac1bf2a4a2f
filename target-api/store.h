/*
 * store - the users: looked up by id in O(1), listed in the order in which they first came.
 *
 * Everything that leaves the store is JSON text that is already written and never changes (text.h):
 * the metadata document is serialised once a write, by the writer, and a reader takes a reference.
 *
 * Threads: any. Two locks. `writing` is held for a whole write, so there is one writer at a time.
 * `lock` is held by a reader while it finds a user and takes a reference, and by a writer only
 * while it swaps a few pointers: allocating, growing, copying and serialising happen before,
 * freeing after. So no reader waits for a writer's work. Writers go before waiting readers, or a
 * flood of reads would starve them.
 *
 * Memory: the store owns the users; what it returns is a reference that the caller gives back.
 */
#ifndef TARGET_API_STORE_H
#define TARGET_API_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "target-api/slice.h"
#include "target-api/text.h"

struct store;

enum store_attribute { STORE_NAME, STORE_AGE, STORE_ATTRIBUTES };

enum store_result {
    STORE_OK,
    STORE_NO_MEMORY, /* nothing was changed */
};

/* A store with the three sample users. */
struct store *store_create(struct err *err);
void store_destroy(struct store *store);

/* The attribute that has this name. */
bool store_find_attribute(struct slice name, enum store_attribute *attribute);

/* The attribute of a user as a JSON string, a reference for the caller; NULL: no such user. */
struct text *store_get(struct store *store, int64_t id, enum store_attribute attribute);

/* {"name":{"0":"user1",...},"age":{...}}, a reference for the caller. */
struct text *store_get_metadata(struct store *store);

/*
 * Adds a user, or replaces the one with this id, who keeps their place. The texts are UTF-8 and are
 * copied. *metadata becomes the document as this write left it, a reference for the caller.
 */
enum store_result store_put(struct store *store, int64_t id, struct slice name, struct slice age,
                            struct text **metadata);

#endif
