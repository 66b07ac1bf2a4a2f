/*
 * block - the unit of a result file: a typed, checksummed piece of a stream
 * (docs/result-format.md).
 *
 *     bytes 0-3   "HRM1"
 *     byte  4     type: 'H' header, 'T' targets, 'A' addresses, 'R' results, 'B' bodies,
 *                 'S' second, 'E' end
 *     bytes 5-7   0
 *     bytes 8-11  length of the payload, little-endian
 *     bytes 12-15 CRC-32 (zlib's) of bytes 4-11 and the payload, little-endian
 *     then        the payload: packed records in R (result_codec.h) and B (answer_codec.h), else
 *                 JSON (journal.h)
 *
 * A stream is one H, then T, A, B, R and S in any order, then one E. No E: the run was cut short.
 * Files may be read while they grow and end at any block; a reader passes over types that it does
 * not know.
 *
 * Threads: a block belongs to one thread at a time. Memory: fixed size.
 */
#ifndef LOADGEN_MEASURE_BLOCK_H
#define LOADGEN_MEASURE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum block_type {
    BLOCK_HEADER = 'H',
    BLOCK_TARGETS = 'T',
    BLOCK_ADDRESSES = 'A',
    BLOCK_RESULTS = 'R',
    BLOCK_BODIES = 'B',
    BLOCK_SECOND = 'S',
    BLOCK_END = 'E',
};

enum { BLOCK_PREFIX = 16, BLOCK_PAYLOAD_MAX = 64 * 1024 };

struct block {
    enum block_type type;
    size_t length; /* of the payload */
    uint8_t bytes[BLOCK_PREFIX + BLOCK_PAYLOAD_MAX];
    struct block *next; /* of the queue that it is in */
};

static inline uint8_t *block_payload(struct block *block)
{
    return block->bytes + BLOCK_PREFIX;
}

/* Fills in the prefix; afterwards bytes[0..BLOCK_PREFIX+length) is what goes into the file. */
void block_seal(struct block *block);

enum block_read {
    BLOCK_READ_OK,
    BLOCK_READ_PART,   /* more bytes are needed */
    BLOCK_READ_DAMAGE, /* its checksum is wrong */
    BLOCK_READ_NONE,   /* what is there is no block */
};

/* Takes the block, of whatever type, with which these bytes begin. */
enum block_read block_read(struct block *block, const void *bytes, size_t length);

#endif
