/*
 * tally_codec - the binary form of a tally, between processes and in result files.
 *
 * A tally is a sequence of parts of bounded size. Parts can be added to another tally one by one,
 * in any order. A part is TALLY_CODEC_VERSION followed by items. Each item begins with its kind:
 *
 *     0 totals     COUNTERS, TALLY_SUMS; TALLY_MOMENTS if any request ended; number of codes, and
 *                  gap and count of each; VIOLATIONS; counts of the kinds of errors
 *     1 error      count, one bit for each outcome that uses this text as its example, text
 *     2 histogram  index in TIMINGS, UNANSWERED, loop; a piece (histogram_codec.h)
 *     3 row        0: of a target, 1: of an address; name, or no name for "other"; ROW_COUNTERS
 *     4 histogram  of that row: index in ROW_HISTOGRAMS; a piece
 *     5 full       0 or 1 as in 3; number of names that share the row "other"; number of named
 *                  rows, and the hash (rows_hash) of each name: eight bytes, little-endian
 *     6 failures   with one error of that row: count, first_ns, last_ns, text (failures.h)
 *     7 unlisted   the number of failures of pairs without an entry
 *
 * Numbers are LEB128 (varint.h). A text is its length plus 1, then its bytes; a missing text is 0.
 * The lists are those of tally.h, in their order. To change a list, increase the version. Version 3
 * is read, too: it has no items 6 and 7.
 *
 * Rows are merged by name. A full table may have counted results of a name without a row as
 * "other", so a row that a full table lacks is partial (rows_is_partial).
 *
 * Parts are untrusted: each is checked as a whole before any of it is added.
 *
 * Threads: no state. Memory: names and texts are copied. Time: adding the parts of a tally takes
 * 22 us for five rows with 500 buckets in each histogram. Parts are not deflated: deflating and
 * inflating take 37 times as long as adding, and save only 31% of the bytes (docs/decisions.md).
 */
#ifndef LOADGEN_MEASURE_TALLY_CODEC_H
#define LOADGEN_MEASURE_TALLY_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/tally.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/rows.h"

enum {
    TALLY_CODEC_VERSION = 4,
    TALLY_CODEC_OLDEST = 3, /* that is read */
    TALLY_PART_MIN = 32 * 1024,
    TALLY_PART_MAX = 256 * 1024,
    TALLY_TEXT_MAX = 512,      /* longer errors are cut */
    TALLY_NAME_MAX = 8 * 1024, /* longer names are cut */
};

/* Receives the parts. */
struct tally_sink {
    size_t room;                      /* maximum size of a part, TALLY_PART_MIN to TALLY_PART_MAX */
    uint8_t *(*begin)(void *context); /* returns room for the next part */
    void (*end)(void *context, size_t length); /* the part is complete */
    void *context;
};

/* Writes a tally. `targets` and `addresses` name its rows; NULL: it has no such rows. */
void tally_encode(const struct tally *tally, const struct rows *targets,
                  const struct rows *addresses, const struct tally_sink *sink);

/* The tally that parts are added to, and the tables of its names and texts. */
struct tally_sum {
    struct tally *tally;     /* if it has no rows, rows in parts are dropped */
    struct rows *targets;    /* receives the names of its rows by target */
    struct rows *addresses;  /* receives the names of its rows by address */
    struct text_pool *texts; /* receives the texts of errors */
    uint64_t offset_ns;      /* added to timestamps */
};

enum tally_decode {
    TALLY_DECODE_OK,
    TALLY_DECODE_BAD,   /* malformed */
    TALLY_DECODE_NEWER, /* a newer version, which cannot be read */
};

/*
 * Adds a part. If the sum's tally has bounds (tally_count_by), latencies are also counted between
 * them, as precisely as the histogram's buckets allow. Adds nothing unless it returns
 * TALLY_DECODE_OK.
 */
enum tally_decode tally_decode(const struct tally_sum *sum, const uint8_t *part, size_t length);

#endif
