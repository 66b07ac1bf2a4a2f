/*
 * result_codec - results packed into the payload of an 'R' block, about 16 bytes each.
 *
 * A block can be read by itself: numbers and times are differences to the record before it in the
 * same block, and the text of an error stands where it is first used. Numbers are LEB128; signed
 * ones are zigzag-coded first. A record is:
 *
 *     kind       outcome in bits 0-2, and which of the optional fields follow; what is rare has the
 *                high bits, so that it is one byte nearly always
 *     number     signed, to the number of the record before (0 at first)
 *     intended   signed, ns since the start of the run, to the record before (0 at first)
 *     target     index into the header's targets
 *     code       HTTP status
 *     lag        ns
 *     service    ns
 *     bytes_in   bytes_out
 *     wait       ns, if bit 3      connect  ns, if bit 4
 *     first_byte ns since sent, if bit 5 (else the same as service)
 *     retries    redirects, if bit 6
 *     error      if bit 7: index into the texts of this block; the next unused index
 *                introduces a new text: its length and its bytes follow
 *     address    if bit 8: 0 for none, else 1 + the index into the file's addresses; without the
 *                bit it is that of the record before (none at first)
 *     (nothing)  if bit 9: the record is bare, only the latency is known and stands in service
 *
 * Threads: an encoder or decoder belongs to one thread. Memory: nothing is allocated.
 */
#ifndef LOADGEN_MEASURE_RESULT_CODEC_H
#define LOADGEN_MEASURE_RESULT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/block.h"
#include "loadgen/measure/result.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/url.h"

enum { CODEC_TEXTS = TEXT_POOL_MAX + 1, CODEC_TEXT_MAX = 512, CODEC_RECORD_MAX = 640 };

struct result_encoder {
    struct block *block; /* NULL: none yet */
    uint64_t number;     /* of the record before */
    uint64_t intended_ns;
    uint32_t address;
    size_t text_count;
    const char *texts[CODEC_TEXTS];
};

/* Starts a block, which stays the caller's. */
void result_encoder_begin(struct result_encoder *encoder, struct block *block);

/* Is there room for any one more record? */
bool result_encoder_has_room(const struct result_encoder *encoder);

/* Appends a record; there must be room. */
void result_encoder_add(struct result_encoder *encoder, const struct result *result);

struct result_decoder {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t number;
    uint64_t intended_ns;
    uint32_t address;
    struct text_pool *pool;
    size_t text_count;
    const char *texts[CODEC_TEXTS]; /* of the pool, without local ports */
    struct slice written[CODEC_TEXTS];
    struct slice error; /* of the last result, as it stands in the block; "" for none */
};

void result_decoder_begin(struct result_decoder *decoder, struct block *block,
                          struct text_pool *pool);

enum result_decode { RESULT_DECODE_OK, RESULT_DECODE_END, RESULT_DECODE_BAD };
enum result_decode result_decoder_next(struct result_decoder *decoder, struct result *result);

#endif
