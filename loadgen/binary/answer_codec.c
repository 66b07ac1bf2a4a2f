#include "loadgen/binary/answer_codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/varint.h"

enum { HEAD_MAX = 3 * VARINT_MAX };

struct kept_answer {
    struct kept_answer *next;  /* in the bucket */
    struct kept_answer *newer; /* in the list of all */
    struct kept_answer *older;
    uint64_t number;
    size_t bytes;          /* its part of the store's bytes */
    enum answer_part part; /* of the last piece */
    bool may_continue;     /* the last piece ended its block */
    bool is_discarded;     /* too large: its pieces are dropped, also those still to come */
    struct capture capture;
};

/* A piece, and whether it is the first or last of its block. */
struct piece {
    uint64_t number;
    uint64_t part;
    uint64_t length;
    const uint8_t *bytes;
    bool is_first;
    bool is_last;
};

bool answer_put(struct block *block, uint64_t number, enum answer_part part,
                const struct capture_buffer *bytes, size_t *at)
{
    size_t left = bytes->length - *at;
    size_t room = BLOCK_PAYLOAD_MAX - block->length;
    if (room <= HEAD_MAX) {
        return false;
    }
    size_t length = left < room - HEAD_MAX ? left : room - HEAD_MAX;
    uint8_t *end = block_payload(block) + block->length;
    end = varint_put(end, number);
    end = varint_put(end, part);
    end = varint_put(end, length);
    if (length > 0) {
        memcpy(end, bytes->bytes + *at, length);
    }
    block->length = (size_t)(end + length - block_payload(block));
    *at += length;
    return length == left;
}

static struct kept_answer **find(struct answer_store *store, uint64_t number)
{
    struct kept_answer **at = &store->buckets[number % ANSWER_BUCKETS];
    while (*at && (*at)->number != number) {
        at = &(*at)->next;
    }
    return at;
}

/* The list of all answers, from the oldest to the newest. */

static void unlink_answer(struct answer_store *store, struct kept_answer *answer)
{
    *(answer->older ? &answer->older->newer : &store->oldest) = answer->newer;
    *(answer->newer ? &answer->newer->older : &store->newest) = answer->older;
    store->bytes -= answer->bytes;
    store->count--;
}

static void link_newest(struct answer_store *store, struct kept_answer *answer)
{
    const struct capture *capture = &answer->capture;
    answer->bytes = sizeof *answer + capture->headers.room + capture->body.room;
    answer->older = store->newest;
    answer->newer = NULL;
    *(store->newest ? &store->newest->newer : &store->oldest) = answer;
    store->newest = answer;
    store->bytes += answer->bytes;
    store->count++;
}

/* Removes the answer at `*at`, which is there, from both lists; the caller frees it. */
static struct kept_answer *take_out(struct answer_store *store, struct kept_answer **at)
{
    struct kept_answer *answer = *at;
    assert(answer);
    *at = answer->next;
    unlink_answer(store, answer);
    return answer;
}

static void destroy(struct kept_answer *answer)
{
    capture_fini(&answer->capture);
    free(answer);
}

static void drop(struct answer_store *store, struct kept_answer **at)
{
    destroy(take_out(store, at));
    store->dropped++;
}

/* Keeps the number, so that the rest of the answer is not taken for a new one. */
static void discard(struct answer_store *store, struct kept_answer *answer)
{
    unlink_answer(store, answer);
    capture_fini(&answer->capture);
    answer->is_discarded = true;
    link_newest(store, answer);
}

static void drop_oldest(struct answer_store *store)
{
    while (store->bytes > ANSWER_BYTES_MAX ||
           (store->bytes > ANSWER_BYTES_USUAL && store->count > ANSWERS_KEPT)) {
        struct kept_answer *oldest = store->oldest;
        if (oldest->may_continue && !oldest->is_discarded) {
            discard(store, oldest);
        } else {
            drop(store, find(store, oldest->number));
        }
    }
}

static bool continues(const struct piece *piece, const struct kept_answer *answer)
{
    return piece->part > answer->part ||
           (piece->part == answer->part && piece->is_first && answer->may_continue);
}

/* The answer that this piece belongs to, unlinked; NULL without memory. */
static struct kept_answer *begin_piece(struct answer_store *store, const struct piece *piece)
{
    struct kept_answer **at = find(store, piece->number);
    if (*at && continues(piece, *at)) {
        unlink_answer(store, *at);
        return *at;
    }
    if (*at) {
        drop(store, at);
        at = find(store, piece->number);
    }
    *at = calloc(1, sizeof **at);
    if (*at) {
        (*at)->number = piece->number;
        capture_begin(&(*at)->capture, UINT64_MAX);
    }
    return *at;
}

static bool add_piece(struct answer_store *store, const struct piece *piece)
{
    struct kept_answer *answer = begin_piece(store, piece);
    if (!answer) {
        return false;
    }
    struct capture *capture = &answer->capture;
    if (piece->part == ANSWER_HEADERS && !answer->is_discarded) {
        capture_header(capture, (const char *)piece->bytes, piece->length);
    } else if (!answer->is_discarded) {
        capture_body(capture, (const char *)piece->bytes, piece->length);
    }
    answer->part = (enum answer_part)piece->part;
    answer->may_continue = piece->is_last;
    bool is_whole = !capture->is_lost;
    link_newest(store, answer);
    drop_oldest(store);
    return is_whole;
}

bool answer_store_add(struct answer_store *store, struct block *block)
{
    const uint8_t *begin = block_payload(block);
    const uint8_t *at = begin;
    const uint8_t *end = at + block->length;
    while (at < end) {
        struct piece piece = {.is_first = at == begin};
        if (!varint_get(&at, end, &piece.number) || !varint_get(&at, end, &piece.part) ||
            !varint_get(&at, end, &piece.length) || piece.part > ANSWER_BODY ||
            piece.length > (size_t)(end - at)) {
            return false;
        }
        piece.bytes = at;
        at += piece.length;
        piece.is_last = at == end;
        if (!add_piece(store, &piece)) {
            return false;
        }
    }
    return true;
}

bool answer_store_take(struct answer_store *store, uint64_t number, struct capture *capture)
{
    struct kept_answer **at = find(store, number);
    *capture = (struct capture){0};
    if (*at && (*at)->is_discarded) {
        drop(store, at);
    } else if (*at) {
        struct kept_answer *answer = take_out(store, at);
        *capture = answer->capture;
        free(answer);
        return true;
    }
    return false;
}

void answer_store_clear(struct answer_store *store)
{
    while (store->oldest) {
        destroy(take_out(store, find(store, store->oldest->number)));
    }
    store->dropped = 0;
}
