/*
 * document - {"name":{"0":"user1",...},"age":{...}}, in parts that versions share.
 *
 * A version never changes: whoever has a reference may send it while others write. A new version is
 * made from the last one by appending a user or by replacing one, and shares with it all blocks but
 * the one that is concerned. So a write costs a few microseconds with a hundred thousand users, and
 * a reader that is slow keeps no copy of the whole.
 *
 * A block holds the entries of some users in a row, one text an attribute. Appending writes behind
 * what any version has published, into room that the last block still has.
 *
 * Threads: versions are made by one thread at a time, each from the newest; they are read and
 * released by any. Memory: counted references.
 */
#ifndef TARGET_API_DOCUMENT_H
#define TARGET_API_DOCUMENT_H

#include <stddef.h>

#include "target-api/slice.h"
#include "target-api/text.h"

enum { DOCUMENT_ATTRIBUTES = 2 }; /* name and age */

/* What a user is in the document; the slices are copied. */
struct document_entry {
    struct slice key; /* "\"4\":" */
    struct slice values[DOCUMENT_ATTRIBUTES];
};

struct document;

/* Without users. These three: NULL: no memory. */
struct document *document_create(void);

/* The version of `last` with one user more. */
struct document *document_append(const struct document *last, const struct document_entry *entry);

/* Gives the entry of the user at a place as the new version has it. */
typedef struct document_entry document_entry_fn(const void *cls, size_t place);

/* The version of `last` in which the user at `place` is another one. */
struct document *document_replace(const struct document *last, size_t place,
                                  document_entry_fn *entry, const void *cls);

struct document *document_ref(struct document *document);

/* NULL is allowed. */
void document_unref(struct document *document);

/* The whole of a small document as one text, borrowed; NULL: it is large, and has only parts. */
struct text *document_flat(const struct document *document);

size_t document_len(const struct document *document);

/* The parts in order, valid as long as the document. */
size_t document_parts(const struct document *document);
struct slice document_part(const struct document *document, size_t i);

#endif
