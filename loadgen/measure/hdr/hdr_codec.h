/*
 * hdr_codec - histograms in HdrHistogram's V2 format: compressed, in base64 (hdrhistogram.org).
 *
 *     base64( cookie 1c849314, length, zlib( header, counts ) )           all integers big-endian
 *     header: cookie 1c849313, length of the counts, 0, 3 significant digits,
 *             least value 1 ns, greatest HISTOGRAM_MAX_NS, ratio 1.0
 *     counts: up to the last non-empty bucket, the count of each bucket, or -n for n > 1 empty
 *             buckets in a row; zigzag-coded LEB128 of at most 9 bytes, the ninth of which holds
 *             8 bits
 *
 * The buckets are those of histogram.h, so counts are exact in both directions. V2 does not store
 * the minimum, maximum, sum or number of clipped values. The reader takes minimum and maximum from
 * the bounds of the first and last non-empty bucket, computes the sum from the middles of the
 * buckets, and assumes that no value was clipped.
 *
 * Errors: ERR_FAILED. Memory: during the call, buffers of bounded size and, when decoding, a copy
 * of the text. Threads: no state.
 */
#ifndef LOADGEN_MEASURE_HDR_HDR_CODEC_H
#define LOADGEN_MEASURE_HDR_HDR_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/base/bytes.h"
#include "loadgen/measure/histogram.h"

/* Appends `h` in this format; false if out of memory. */
bool hdr_encode(const struct histogram *h, struct bytes *text);

/* Empties `h` and decodes the text into it. On failure `h` is empty. */
bool hdr_decode(const char *text, size_t length, struct histogram *h, struct err *err);

#endif
