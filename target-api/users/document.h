/*
 * document - the metadata document {"name":{"0":"user1",...},"age":{...}}, in blocks that versions
 * share.
 *
 * A version is immutable: it can be sent while another thread derives newer versions. The next
 * version appends or replaces a user and shares all blocks except the one that changes. So a write
 * takes microseconds even with 100,000 users, and a slow reader does not hold a copy of the whole
 * document.
 *
 * A block holds the entries of consecutive users, one string per attribute. To append a user, its
 * entry is written into spare room of the last block, after the bytes of all published versions.
 * Versions that differ only in appended users may share a contiguous copy of the entries
 * (flat_copy.h).
 *
 * Threads: one thread at a time derives versions, always from the newest; any thread may read and
 * release them. Memory: reference counts.
 */
#ifndef TARGET_API_USERS_DOCUMENT_H
#define TARGET_API_USERS_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"
#include "target-api/base/text.h"

enum {
    DOCUMENT_ATTRIBUTES = 2, /* name and age */
    DOCUMENT_FLAT_PARTS = 2 * DOCUMENT_ATTRIBUTES + 1,
};

/* A user in the document; the slices are copied. */
struct document_entry {
    struct slice key; /* "\"4\":" */
    struct slice values[DOCUMENT_ATTRIBUTES];
};

struct document;

/*
 * Creates a document without users. This and the next two functions return NULL if out of memory.
 */
struct document *document_create(void);

/* The version after `last` with one more user. */
struct document *document_append(const struct document *last, const struct document_entry *entry);

/* Returns the entry of the user with this index in the new version. */
typedef struct document_entry document_entry_fn(const void *cls, size_t index);

/*
 * The version after `last` in which the user with this index is replaced. Calls `entry` for every
 * user of the block that contains this user.
 */
struct document *document_replace(const struct document *last, size_t index,
                                  document_entry_fn *entry, const void *cls);

struct document *document_ref(struct document *document);

/* NULL is allowed. */
void document_unref(struct document *document);

/* The whole document, borrowed, if it is small; NULL: it is large and has only parts. */
struct text *document_flat(const struct document *document);

size_t document_len(const struct document *document);

/*
 * Makes a flat copy of a large document that is about to be sent. Does nothing if a flat copy of
 * any version still exists (flat_copy.h), or if memory runs out. All readers share the copy, and so
 * do later versions that only append, while it has room.
 */
void document_flatten(struct document *document);

/*
 * Sets `parts` to the document in order, from its flat copy. The parts are valid until the document
 * is freed. False: it has no flat copy.
 */
bool document_flat_parts(const struct document *document, struct slice parts[DOCUMENT_FLAT_PARTS]);

/*
 * document_parts returns the number of parts, which grows with the document; document_part returns
 * part i, valid until the document is freed. The parts in order are the whole document.
 */
size_t document_parts(const struct document *document);
struct slice document_part(const struct document *document, size_t i);

#endif
