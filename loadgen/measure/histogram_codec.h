/*
 * histogram_codec - encodes histograms in pieces that can be added directly to another histogram.
 *
 *     pairs      number of pairs that follow the other numbers
 *     clipped    values over HISTOGRAM_MAX_NS
 *     min        ns
 *     span       ns, maximum - minimum
 *     sum        ns
 *     bucket     the first bucket of the piece
 *     gap count  for each non-empty bucket: how many empty ones precede it, and its count
 *
 * All numbers are LEB128 (varint.h). A histogram that does not fit continues in another piece.
 * Every piece has minimum and maximum; only the first has the sum and the clipped values. So pieces
 * can be added in any order, and minimum, maximum, sum and clipped values stay exact.
 *
 * An untrusted piece is checked as a whole first, so a malformed one adds nothing. Checking and
 * adding each take 1 ns per bucket if gaps and counts are below 128.
 *
 * Threads: no state. Memory: allocates only a histogram's array, and room in a struct bytes.
 */
#ifndef LOADGEN_MEASURE_HISTOGRAM_CODEC_H
#define LOADGEN_MEASURE_HISTOGRAM_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"
#include "loadgen/measure/buckets.h"
#include "loadgen/measure/histogram.h"

enum { HISTOGRAM_PIECE_MIN = 128 }; /* minimum room for a piece, in bytes */

/*
 * Writes a piece at `at`: as many buckets from *next on as fit before `end`, at least one. Returns
 * the end of the piece. *next starts at 0 and becomes HISTOGRAM_BUCKETS with the last piece. The
 * histogram must not be empty.
 */
uint8_t *histogram_put(uint8_t *at, const uint8_t *end, const struct histogram *h, uint32_t *next);

/* Appends all pieces of a histogram; none if it is empty, or if memory runs out. */
void histogram_append(struct bytes *bytes, const struct histogram *h);

/* Checks a piece and advances *at past it. False if it is malformed. */
bool histogram_check(const uint8_t **at, const uint8_t *end);

/* Adds a checked piece, and advances *at past it. */
void histogram_add(const uint8_t **at, const uint8_t *end, struct histogram *into);

/*
 * Adds the values of a checked piece to these buckets. Each value counts as the middle of its
 * histogram bucket, clamped to minimum and maximum; clipped values count as the maximum. Advances
 * *at past the piece.
 */
void histogram_add_by(const uint8_t **at, const uint8_t *end, struct buckets *into);

#endif
