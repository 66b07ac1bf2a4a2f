/*
 * encoding - the formats for writing results. Each is a const descriptor, listed in formats.c.
 *
 * json and csv are byte for byte what vegeta writes for the same results, so they lack fields that
 * vegeta does not have. bin is our own format. Results that are converted from vegeta's formats to
 * bin form a run without a plan; of their durations, only the latency is known.
 *
 * Threads: one. Memory: one record per encoder; the bin encoder holds three blocks and up to
 * MEMO_MAX targets. Errors: the caller checks ferror(out).
 */
#ifndef LOADGEN_RESULTS_STREAM_ENCODING_H
#define LOADGEN_RESULTS_STREAM_ENCODING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/binary/block.h"
#include "loadgen/results/stream/record.h"

struct encoding {
    const char *name; /* of -to */
    /* Returns an encoder that writes to `out`; NULL if out of memory. */
    void *(*create)(FILE *out);
    /* Requires the texts of the record. False if out of memory. */
    bool (*write)(void *state, const struct record *record);
    /* Copies a block of our own format unchanged, in place of its records; NULL: unsupported. */
    void (*copy)(void *state, const struct block *block);
    /* Writes buffered results; NULL: nothing is buffered. */
    void (*flush)(void *state);
    /* Ends a stream; the records that follow belong to another one. */
    void (*end)(void *state);
    /* Frees the encoder. Returns the number of texts cut or changed to fit the format. */
    uint64_t (*destroy)(void *state);
};

extern const struct encoding encoding_bin;
extern const struct encoding encoding_csv;
extern const struct encoding encoding_json;

#endif
