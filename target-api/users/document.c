#include "target-api/users/document.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/users/flat_copy.h"

enum {
    BLOCK_BYTES = 8192,   /* of an attribute; more if its users need more */
    FLAT_MAX = 64 * 1024, /* up to here a copy costs less than sending parts */
};

struct block {
    size_t first;                            /* index of its first user */
    struct text *texts[DOCUMENT_ATTRIBUTES]; /* text->len is the capacity */
    size_t lens[DOCUMENT_ATTRIBUTES];        /* used by this version */
};

struct document {
    atomic_size_t references;
    size_t users;
    size_t len;
    size_t lens[DOCUMENT_ATTRIBUTES]; /* of the entries */
    struct text *flat;                /* NULL: too large */
    struct flat_slot *slot;
    _Atomic(struct flat_copy *) copy; /* of the entries; NULL: none */
    size_t count;
    struct block blocks[];
};

/* The text before, between and after the attributes. */
static const char *const frame[DOCUMENT_ATTRIBUTES + 1] = {"{\"name\":{", "},\"age\":{", "}}"};

/* Shares the first `shared` blocks of `last`; the caller fills the others. */
static struct document *begin(const struct document *last, size_t count, size_t shared)
{
    struct document *document = calloc(1, sizeof *document + count * sizeof document->blocks[0]);
    if (!document) {
        return NULL;
    }
    atomic_init(&document->references, 1);
    atomic_init(&document->copy, NULL);
    document->users = last ? last->users : 0;
    document->slot = last ? flat_slot_ref(last->slot) : flat_slot_create();
    if (!document->slot) {
        free(document);
        return NULL;
    }
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
            memcpy(end, part.at, part.length);
            end += part.length;
        }
    }
    return flat;
}

/* The last step of making a version. */
static struct document *finish(struct document *document)
{
    document->len = 0;
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        document->lens[a] = 0;
        for (size_t i = 0; i < document->count; i++) {
            document->lens[a] += document->blocks[i].lens[a];
        }
        document->len += strlen(frame[a]) + document->lens[a];
    }
    document->len += strlen(frame[DOCUMENT_ATTRIBUTES]);
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

/* Including a comma. */
static size_t entry_len(const struct document_entry *entry, int attribute)
{
    return 1 + entry->key.length + entry->values[attribute].length;
}

static char *append(char *end, struct slice bytes)
{
    memcpy(end, bytes.at, bytes.length);
    return end + bytes.length;
}

/* Appends to `end`, where there is room; returns the new end. */
static char *write_value(char *end, const struct document_entry *entry, int attribute,
                         bool is_first)
{
    if (!is_first) {
        *end++ = ',';
    }
    end = append(end, entry->key);
    return append(end, entry->values[attribute]);
}

static void write_entry(struct block *block, const struct document_entry *entry, bool is_first)
{
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        char *start = block->texts[a]->bytes;
        block->lens[a] = (size_t)(write_value(start + block->lens[a], entry, a, is_first) - start);
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

/* Gives a block new texts of at least these lengths. On failure they are released with the
 * document. */
static bool make_room(struct block *block, const size_t lens[DOCUMENT_ATTRIBUTES])
{
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        block->lens[a] = 0;
        block->texts[a] = text_create(lens[a] > BLOCK_BYTES ? lens[a] : BLOCK_BYTES);
    }
    return block->texts[0] && block->texts[1];
}

/* The new version shares the flat copy of `last` if it has room for the entry. */
static void append_to_copy(struct document *document, const struct document *last,
                           const struct document_entry *entry)
{
    struct flat_copy *copy = atomic_load_explicit(&last->copy, memory_order_acquire);
    if (!copy) {
        return;
    }
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        if (entry_len(entry, a) > copy->room[a] - last->lens[a]) {
            return;
        }
    }
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        write_value(copy->bytes[a] + last->lens[a], entry, a, last->users == 0);
    }
    atomic_init(&document->copy, flat_copy_ref(copy));
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
    append_to_copy(document, last, entry);
    document->users++;
    return finish(document);
}

/* The block of the user with this index. */
static size_t find_block(const struct document *document, size_t index)
{
    size_t low = 0;
    size_t high = document->count; /* the first block that begins beyond the user is in low..high */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (document->blocks[middle].first <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct document *document_replace(const struct document *last, size_t index,
                                  document_entry_fn *entry, const void *cls)
{
    struct document *document = begin(last, last->count, last->count);
    if (!document) {
        return NULL;
    }
    size_t at = find_block(last, index);
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
    flat_copy_unref(atomic_load_explicit(&document->copy, memory_order_relaxed));
    flat_slot_unref(document->slot);
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

void document_flatten(struct document *document)
{
    if (document->flat || atomic_load_explicit(&document->copy, memory_order_relaxed)) {
        return;
    }
    struct flat_copy *copy = flat_copy_create(document->slot, document->lens);
    if (!copy) {
        return;
    }
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        char *end = copy->bytes[a];
        for (size_t i = 0; i < document->count; i++) {
            const struct block *block = &document->blocks[i];
            end = append(end, (struct slice){block->texts[a]->bytes, block->lens[a]});
        }
    }
    atomic_store_explicit(&document->copy, copy, memory_order_release);
}

bool document_flat_parts(const struct document *document, struct slice parts[DOCUMENT_FLAT_PARTS])
{
    const struct flat_copy *copy = atomic_load_explicit(&document->copy, memory_order_acquire);
    if (!copy) {
        return false;
    }
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        *parts++ = slice_of(frame[a]);
        *parts++ = (struct slice){copy->bytes[a], document->lens[a]};
    }
    *parts = slice_of(frame[DOCUMENT_ATTRIBUTES]);
    return true;
}
