/*
 * failures - counts failed requests by row and error, and notes when the first and the last one
 * ended.
 *
 * FAILURES_MAX pairs of row and error have an entry each; failures of further pairs are only
 * counted.
 *
 * Threads: one writer, no lock. Memory: 45 kB, a plain value; zero-initialize. Texts are borrowed;
 * equal texts have equal pointers (text_pool.h).
 */
#ifndef LOADGEN_MEASURE_FAILURES_H
#define LOADGEN_MEASURE_FAILURES_H

#include <stddef.h>
#include <stdint.h>

enum { FAILURES_MAX = 1024, FAILURES_SLOTS = 2 * FAILURES_MAX };

struct failure {
    const char *text; /* of the error */
    uint64_t count;
    uint64_t first_ns; /* when the first such request ended; as in TALLY_MOMENTS */
    uint64_t last_ns;
    uint16_t row;
};

struct failures {
    size_t count;
    struct failure list[FAILURES_MAX]; /* in order of first appearance */
    uint64_t unlisted;                 /* failures of pairs without an entry */
    uint16_t slots[FAILURES_SLOTS];    /* private: a hash table of positions in `list`, from 1 */
};

void failures_clear(struct failures *failures);

/* Adds failures with this row and text. */
void failures_add(struct failures *failures, const struct failure *more);

void failures_merge(struct failures *into, const struct failures *from);

#endif
