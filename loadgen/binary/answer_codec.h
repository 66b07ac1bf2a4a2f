/*
 * answer_codec - headers and bodies of answers, in the payload of 'B' blocks.
 *
 * An answer is a sequence of pieces, each within one block:
 *
 *     number     LEB128: of the request, as in its result
 *     part       LEB128: 0 headers, as HTTP/1.1 lines; 1 body
 *     length     LEB128, followed by that many bytes
 *
 * Headers precede the body. A part has several pieces only if a block was full: it continues at the
 * beginning of a later block. An empty part is an empty piece; a part that was not recorded has no
 * piece. All pieces of an answer precede its result in the file; pieces of other answers may lie
 * between them.
 *
 * Threads: a store belongs to one thread. Memory: the store keeps each answer until its result is
 * read; results follow soon (recorder.h). If results are missing, the oldest answers are dropped
 * and counted, so memory is bounded.
 */
#ifndef LOADGEN_BINARY_ANSWER_CODEC_H
#define LOADGEN_BINARY_ANSWER_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/binary/block.h"
#include "loadgen/http/answer/capture.h"

enum answer_part { ANSWER_HEADERS, ANSWER_BODY };

/*
 * Appends the part's bytes from *at on until the block is full, and advances *at. Returns false if
 * the rest needs another block.
 */
bool answer_put(struct block *block, uint64_t number, enum answer_part part,
                const struct capture_buffer *bytes, size_t *at);

enum {
    ANSWER_BUCKETS = 16384,
    ANSWER_BYTES_USUAL = 64 * 1024 * 1024,     /* bytes; above this, only ANSWERS_KEPT are kept */
    ANSWERS_KEPT = 128,                        /* answers, the newest ones */
    ANSWER_BYTES_MAX = 4 * ANSWER_BYTES_USUAL, /* bytes; above this, even the newest are dropped */
};

/* Answers whose results have not been read yet. Zero-initialize. */
struct answer_store {
    struct kept_answer *buckets[ANSWER_BUCKETS]; /* by number */
    struct kept_answer *oldest; /* list of all, in the order of their last pieces */
    struct kept_answer *newest;
    size_t count;
    size_t bytes;     /* memory used */
    uint64_t dropped; /* answers dropped since the store was cleared */
};

/*
 * Adds the pieces of a block. False if the block is malformed or memory runs out. If an answer
 * begins again before its result has been read, the new answer replaces the earlier one.
 */
bool answer_store_add(struct answer_store *store, struct block *block);

/*
 * Moves the answer of this request into *capture, which the caller frees (capture_fini). Returns
 * false, with an empty capture, if there is none. Bytes of a part that was not recorded are NULL.
 */
bool answer_store_take(struct answer_store *store, uint64_t number, struct capture *capture);

/* Frees all answers. Call this before the next run of a file, and at the end of the file. */
void answer_store_clear(struct answer_store *store);

#endif
