/*
 * memo - remembers what was made of a text, so that it is made once.
 *
 * Files repeat the same few URLs and errors in every line. At most MEMO_MAX different ones are
 * remembered; for the others there is no answer, each time.
 *
 * Threads: one. Memory: start with zeroes; memo_free.
 */
#ifndef LOADGEN_RESULTS_MEMO_H
#define LOADGEN_RESULTS_MEMO_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/engine.h"
#include "loadgen/target/url.h"

enum { MEMO_MAX = 16384 };

struct memo_entry {
    uint64_t hash;
    char *text;         /* both of them */
    struct slice first; /* the text is a pair of texts */
    struct slice second;
    /* What was made of it. */
    uint32_t index; /* of this entry, in the order in which they came */
    uint8_t row;
    enum outcome outcome;
    const char *error;
};

struct memo {
    struct memo_entry *entries; /* open addressing; a free one has no text */
    size_t places;              /* at least twice as many as entries; a power of 2, or 0 */
    uint32_t count;
};

/*
 * The entry of this pair of texts, until the next call. *is_new: it was made by this call and is to
 * be filled. NULL: there is none and no room for it.
 */
struct memo_entry *memo_find(struct memo *memo, struct slice first, struct slice second,
                             bool *is_new);

void memo_free(struct memo *memo);

#endif
