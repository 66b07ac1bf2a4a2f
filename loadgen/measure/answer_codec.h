/*
 * answer_codec - headers and bodies of answers, in the payload of 'B' blocks.
 *
 * An answer is any number of pieces, each of which lies within a block:
 *
 *     number     LEB128: of the request, as in its result
 *     part       LEB128: 0 headers, lines as HTTP has them; 1 body
 *     length     LEB128, then so many bytes
 *
 * Pieces of one part come in their order and belong together. A part without bytes is one piece
 * without bytes; a part that is not known has no piece. All pieces of an answer stand in the file
 * before its result; those of other answers may lie between them.
 *
 * Threads: an encoder, a decoder or a store belongs to one thread. Memory: the store keeps answers
 * until their result takes them; a run puts them out so that these are few (recorder.h).
 */
#ifndef LOADGEN_MEASURE_ANSWER_CODEC_H
#define LOADGEN_MEASURE_ANSWER_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/capture.h"
#include "loadgen/measure/block.h"

enum answer_part { ANSWER_HEADERS, ANSWER_BODY };

/*
 * Appends what there is room for of a part's bytes from *at on, and moves *at; a piece without
 * bytes for a part without. Returns whether it is all written now; else another block is needed.
 */
bool answer_put(struct block *block, uint64_t number, enum answer_part part,
                const struct capture_buffer *bytes, size_t *at);

enum { ANSWER_BUCKETS = 1024 };

/* The answers whose results have not come yet, by number; starts with zeroes. */
struct answer_store {
    struct kept_answer *buckets[ANSWER_BUCKETS];
};

/* Takes in the pieces of a block. False: the block is not what a run writes, or memory is short. */
bool answer_store_add(struct answer_store *store, struct block *block);

/*
 * Moves the answer of this request out: *capture is the caller's to free then (capture_fini), empty
 * when there was none; the bytes of a part without a piece are at NULL. Returns whether there was
 * one.
 */
bool answer_store_take(struct answer_store *store, uint64_t number, struct capture *capture);

/* Forgets and frees all of them: another run begins, or the file is at its end. */
void answer_store_clear(struct answer_store *store);

#endif
