/*
 * memo - caches the row or outcome derived from a pair of texts.
 *
 * Files repeat the same few URLs and errors in every line. The cache holds MEMO_MAX pairs; further
 * ones are not cached.
 *
 * Threads: one. Memory: zero-initialize; memo_free.
 */
#ifndef LOADGEN_RESULTS_VEGETA_MEMO_H
#define LOADGEN_RESULTS_VEGETA_MEMO_H

#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"
#include "loadgen/http/exchange.h"

enum { MEMO_MAX = 16384 };

struct memo_entry {
    uint64_t hash;
    char *text;         /* both texts */
    struct slice first; /* parts of `text` */
    struct slice second;
    /* The cached values. */
    uint32_t index; /* of this entry, in order of insertion */
    uint16_t row;
    enum outcome outcome;
    const char *error;
};

struct memo {
    struct memo_entry *entries; /* open addressing; free slots have no text */
    size_t slots;               /* at least twice `count`; a power of 2, or 0 */
    uint32_t count;
};

/*
 * Finds or inserts the entry of this pair of texts, valid until the next call. If *is_new, this
 * call inserted it, and the caller fills it. NULL: the pair is not cached, and the cache is full or
 * out of memory.
 */
struct memo_entry *memo_find(struct memo *memo, struct slice first, struct slice second,
                             bool *is_new);

void memo_free(struct memo *memo);

#endif
