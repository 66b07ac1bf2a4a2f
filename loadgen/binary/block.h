/*
 * block - the unit of a result file: typed, checksummed, with a payload of at most 64 KiB
 * (docs/result-format.md).
 *
 *     bytes 0-3   "HRM1"
 *     byte  4     type: 'H' header, 'T' targets, 'A' addresses, 'R' results, 'B' bodies,
 *                 'S' second, 'C' counts, 'X' exception, 'W' worker, 'E' end
 *     bytes 5-7   0
 *     bytes 8-11  length of the payload, little-endian
 *     bytes 12-15 CRC-32 (zlib's) of bytes 4-11 and the payload, little-endian
 *     then        the payload: packed records in R (result_codec.h) and B (answer_codec.h), a part
 *                 of a tally in C (tally_codec.h), and JSON in the others (journal.h)
 *
 * A run is one H, then T, A, B, R, S, C, X and W in any order, then one E. A run without E was cut
 * short. Files can be read while they grow; readers skip unknown types.
 *
 * Threads: a block belongs to one thread at a time. Memory: fixed size.
 */
#ifndef LOADGEN_BINARY_BLOCK_H
#define LOADGEN_BINARY_BLOCK_H

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
    BLOCK_COUNTS = 'C',
    BLOCK_EXCEPTION = 'X',
    BLOCK_WORKER = 'W',
    BLOCK_END = 'E',
};

enum { BLOCK_PREFIX = 16, BLOCK_PAYLOAD_MAX = 64 * 1024 };

struct block {
    enum block_type type;
    size_t length; /* of the payload */
    uint8_t bytes[BLOCK_PREFIX + BLOCK_PAYLOAD_MAX];
    struct block *next; /* in the same queue or list */
};

static inline uint8_t *block_payload(struct block *block)
{
    return block->bytes + BLOCK_PREFIX;
}

/* Fills in the prefix: bytes[0 .. BLOCK_PREFIX + length) can be written to the file. */
void block_seal(struct block *block);

enum block_read {
    BLOCK_READ_OK,
    BLOCK_READ_PART,   /* more bytes are needed */
    BLOCK_READ_DAMAGE, /* the checksum is wrong */
    BLOCK_READ_NONE,   /* the bytes do not begin with a block, or its length is too large */
};

/* Copies the block at the beginning of these bytes, whatever its type. */
enum block_read block_read(struct block *block, const void *bytes, size_t length);

#endif
