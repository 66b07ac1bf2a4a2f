#include "target-api/document.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 8192,   /* of an attribute; a block whose users need more has more */
    FLAT_MAX = 64 * 1024, /* up to here copying the whole costs less than sending it in parts */
};

struct block {
    size_t first;                            /* place of its first user */
    struct text *texts[DOCUMENT_ATTRIBUTES]; /* `len` of these is the room there is */
    size_t lens[DOCUMENT_ATTRIBUTES];        /* of what belongs to this version */
};

struct document {
    atomic_size_t references;
    size_t users;
    size_t len;
    struct text *flat; /* NULL: too large */
    size_t count;
    struct block blocks[];
};

/* What stands before, between and behind the attributes. */
static const char *const frame[DOCUMENT_ATTRIBUTES + 1] = {"{\"name\":{", "},\"age\":{", "}}"};

/* With the first `shared` blocks of `last`; the others are for the caller to fill. */
static struct document *begin(const struct document *last, size_t count, size_t shared)
{
    struct document *document = calloc(1, sizeof *document + count * sizeof document->blocks[0]);
    if (!document) {
        return NULL;
    }
    atomic_init(&document->references, 1);
    document->users = last ? last->users : 0;
    document->count = count;
    for (size_t i = 0; i < shared; i++) {
        document->blocks[i] = last->blocks[i];
        for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
            text_ref(document->blocks[i].texts[a]);
        }
    }
    return document;
}

static struct text *flatten(const struct document *document)
{
    struct text *flat = text_create(document->len);
    if (flat) {
        char *end = flat->bytes;
        for (size_t i = 0; i < document_parts(document); i++) {
            struct slice part = document_part(document, i);
            memcpy(end, part.bytes, part.len);
            end += part.len;
        }
    }
    return flat;
}

/* The last step of each version. */
static struct document *finish(struct document *document)
{
    document->len = 0;
    for (size_t i = 0; i < document_parts(document); i++) {
        document->len += document_part(document, i).len;
    }
    if (document->len <= FLAT_MAX && !(document->flat = flatten(document))) {
        document_unref(document);
        return NULL;
    }
    return document;
}

struct document *document_create(void)
{
    struct document *document = begin(NULL, 0, 0);
    return document ? finish(document) : NULL;
}

/* With the comma before it. */
static size_t entry_len(const struct document_entry *entry, int attribute)
{
    return 1 + entry->key.len + entry->values[attribute].len;
}

static char *append(char *end, struct slice bytes)
{
    memcpy(end, bytes.bytes, bytes.len);
    return end + bytes.len;
}

/* Into room that was made. */
static void write_entry(struct block *block, const struct document_entry *entry, bool is_first)
{
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        char *start = block->texts[a]->bytes;
        char *end = start + block->lens[a];
        if (!is_first) {
            *end++ = ',';
        }
        end = append(end, entry->key);
        end = append(end, entry->values[a]);
        block->lens[a] = (size_t)(end - start);
    }
}

static bool has_room(const struct block *block, const struct document_entry *entry)
{
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        if (entry_len(entry, a) > block->texts[a]->len - block->lens[a]) {
            return false;
        }
    }
    return true;
}

/* Gives a block new texts with room for so many bytes. What is there on failure is released with
 * the document. */
static bool make_room(struct block *block, const size_t lens[DOCUMENT_ATTRIBUTES])
{
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        block->lens[a] = 0;
        block->texts[a] = text_create(lens[a] > BLOCK_BYTES ? lens[a] : BLOCK_BYTES);
    }
    return block->texts[0] && block->texts[1];
}

struct document *document_append(const struct document *last, const struct document_entry *entry)
{
    bool fits = last->count > 0 && has_room(&last->blocks[last->count - 1], entry);
    struct document *document = begin(last, last->count + (fits ? 0 : 1), last->count);
    if (!document) {
        return NULL;
    }
    struct block *block = &document->blocks[document->count - 1];
    if (!fits) {
        size_t lens[DOCUMENT_ATTRIBUTES] = {entry_len(entry, 0), entry_len(entry, 1)};
        block->first = last->users;
        if (!make_room(block, lens)) {
            document_unref(document);
            return NULL;
        }
    }
    write_entry(block, entry, last->users == 0);
    document->users++;
    return finish(document);
}

/* The block with the user at `place`. */
static size_t find_block(const struct document *document, size_t place)
{
    size_t low = 0;
    size_t high = document->count; /* the first block that begins beyond it is in low..high */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (document->blocks[middle].first <= place) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct document *document_replace(const struct document *last, size_t place,
                                  document_entry_fn *entry, const void *cls)
{
    struct document *document = begin(last, last->count, last->count);
    if (!document) {
        return NULL;
    }
    size_t at = find_block(last, place);
    struct block *block = &document->blocks[at];
    size_t end = at + 1 < last->count ? last->blocks[at + 1].first : last->users;
    size_t lens[DOCUMENT_ATTRIBUTES] = {0};
    for (size_t i = block->first; i < end; i++) {
        struct document_entry user = entry(cls, i);
        lens[0] += entry_len(&user, 0);
        lens[1] += entry_len(&user, 1);
    }
    text_unref(block->texts[0]);
    text_unref(block->texts[1]);
    if (!make_room(block, lens)) {
        document_unref(document);
        return NULL;
    }
    for (size_t i = block->first; i < end; i++) {
        struct document_entry user = entry(cls, i);
        write_entry(block, &user, i == 0);
    }
    return finish(document);
}

struct document *document_ref(struct document *document)
{
    atomic_fetch_add_explicit(&document->references, 1, memory_order_relaxed);
    return document;
}

void document_unref(struct document *document)
{
    if (!document ||
        atomic_fetch_sub_explicit(&document->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < document->count; i++) {
        for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
            text_unref(document->blocks[i].texts[a]);
        }
    }
    text_unref(document->flat);
    free(document);
}

struct text *document_flat(const struct document *document)
{
    return document->flat;
}

size_t document_len(const struct document *document)
{
    return document->len;
}

size_t document_parts(const struct document *document)
{
    return DOCUMENT_ATTRIBUTES * (document->count + 1) + 1;
}

struct slice document_part(const struct document *document, size_t i)
{
    size_t attribute = i / (document->count + 1);
    size_t block = i % (document->count + 1);
    if (block == 0) {
        return slice_of(frame[attribute]);
    }
    const struct block *b = &document->blocks[block - 1];
    return (struct slice){b->texts[attribute]->bytes, b->lens[attribute]};
}
