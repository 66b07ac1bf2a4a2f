/*
 * hdr_codec - a histogram as HdrHistogram's V2 text: compressed, base64 (hdrhistogram.org).
 *
 *     base64( cookie 1c849314, length, zlib( header, counts ) )           all integers big-endian
 *     header: cookie 1c849313, length of the counts, 0, 3 significant digits,
 *             least value 1 ns, greatest HISTOGRAM_MAX_NS, ratio 1.0
 *     counts: one number a bucket, up to the last one that is not empty: a count, or -n for n > 1
 *             empty buckets; zigzag-coded, LEB128 of at most 9 bytes, the ninth of which has 8 bits
 *
 * The buckets are the same (histogram.h), so counts are exact in both directions. What V2 has no
 * place for is derived when it is read: minimum and maximum are the borders of their buckets, the
 * sum takes each value for the middle of its bucket, and values too long for a bucket are lost.
 *
 * Errors: ERR_FAILED; no text makes the reader take more memory than a histogram has. Threads: pure
 * functions.
 */
#ifndef LOADGEN_MEASURE_HDR_CODEC_H
#define LOADGEN_MEASURE_HDR_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/target/bytes.h"

/* Appends the text; false when memory is short. */
bool hdr_encode(const struct histogram *h, struct bytes *text);

/* Reads a text of this length into `h`, whatever that held. On failure `h` is empty. */
bool hdr_decode(const char *text, size_t length, struct histogram *h, struct err *err);

#endif
