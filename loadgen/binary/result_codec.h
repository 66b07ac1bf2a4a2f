/*
 * result_codec - results packed into the payload of an 'R' block, about 17 bytes each.
 *
 * Each block can be read alone: request numbers and intended times are stored as differences from
 * the previous record of the same block, and an error's text is written where it is first used.
 * Numbers are LEB128, signed ones zigzag-coded first. A record is:
 *
 *     kind       outcome in bits 0-2, then a bit for each optional field that follows; rare fields
 *                have the high bits, so that kind is nearly always one byte
 *     number     signed difference from the number of the previous record (the first: from 0)
 *     intended   the same for the intended time, in ns since the start of the run
 *     target     index into the targets of the 'T' blocks
 *     code       HTTP status
 *     lag        ns
 *     service    ns
 *     bytes_in, bytes_out
 *     wait       ns, if bit 3
 *     connect    ns, if bit 4
 *     first_byte ns since sent, if bit 5; otherwise equal to service
 *     retries, redirects   if bit 6
 *     error      if bit 7: index into the texts of this block; the next unused index is followed
 *                by the length and bytes of a new text
 *     address    if bit 8: 0 for none, otherwise 1 + index into the file's addresses; without the
 *                bit: the previous record's (none in the first)
 *     (nothing)  if bit 9: only the latency is known; it is stored in service
 *     violations if bit 10: a bit for each (violations.h)
 *     (nothing)  if bit 11: a script judged the answer a success; if bit 12: a failure
 *     (nothing)  if bit 13: a script fired the result; nothing was sent
 *
 * Threads: an encoder or decoder belongs to one thread. Memory: only the decoder's pool allocates.
 */
#ifndef LOADGEN_BINARY_RESULT_CODEC_H
#define LOADGEN_BINARY_RESULT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"
#include "loadgen/binary/block.h"
#include "loadgen/measure/result.h"
#include "loadgen/measure/text_pool.h"

enum { CODEC_TEXTS = TEXT_POOL_MAX + 1, CODEC_TEXT_MAX = 512, CODEC_RECORD_MAX = 640 };

struct result_encoder {
    struct block *block; /* NULL: none yet */
    uint64_t number;     /* of the previous record, like the next two */
    uint64_t intended_ns;
    uint32_t address;
    size_t text_count;
    const char *texts[CODEC_TEXTS];
};

/* Starts a block, which the caller owns. */
void result_encoder_begin(struct result_encoder *encoder, struct block *block);

/* True if one more record of any size fits. */
bool result_encoder_has_room(const struct result_encoder *encoder);

/* Appends a record; requires result_encoder_has_room. */
void result_encoder_add(struct result_encoder *encoder, const struct result *result);

struct result_decoder {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t number;
    uint64_t intended_ns;
    uint32_t address;
    struct text_pool *pool;
    size_t text_count;
    const char *texts[CODEC_TEXTS];    /* from the pool, without local ports */
    struct slice written[CODEC_TEXTS]; /* the same texts, as written in the block */
    struct slice error;                /* of the last result, as written in the block; "": none */
};

/* Borrows the block and the pool; stores the error texts of results in the pool. */
void result_decoder_begin(struct result_decoder *decoder, struct block *block,
                          struct text_pool *pool);

enum result_decode { RESULT_DECODE_OK, RESULT_DECODE_END, RESULT_DECODE_BAD };
/* Reads the next result; BAD: the block is not well-formed. */
enum result_decode result_decoder_next(struct result_decoder *decoder, struct result *result);

#endif
