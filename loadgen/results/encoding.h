/*
 * encoding - the formats that results can be written in: a const descriptor each, listed in
 * encoding.c.
 *
 * json and csv are byte for byte what vegeta writes of the same results; what vegeta has no field
 * for is left out. bin is our own: results of vegeta's become bare ones of a run without a plan.
 *
 * Threads: one. Memory: an encoder holds a block or a record. Errors: of the stream, which the
 * caller looks at (ferror).
 */
#ifndef LOADGEN_RESULTS_ENCODING_H
#define LOADGEN_RESULTS_ENCODING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/block.h"
#include "loadgen/results/record.h"

struct encoding {
    const char *name; /* of -to */
    /* An encoder that writes to `out`; NULL when memory is short. */
    void *(*create)(FILE *out);
    /* Needs the texts of the record. False when memory is short. */
    bool (*write)(void *state, const struct record *record);
    /* Takes a block of our own format as it is, in place of its records; NULL: cannot. */
    void (*copy)(void *state, const struct block *block);
    /* Ends a stream: what comes next is of another one. */
    void (*end)(void *state);
    /* Frees. Returns how many texts were cut or changed, because the format has a limit. */
    uint64_t (*destroy)(void *state);
};

/* The format with this name; NULL with ERR_USAGE that lists the names. */
const struct encoding *encoding_find(const char *name, struct err *err);

extern const struct encoding encoding_bin;
extern const struct encoding encoding_csv;
extern const struct encoding encoding_json;

#endif
