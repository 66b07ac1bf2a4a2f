/*
 * numbers - the results of a run that are passed to test_stop (conductor.h).
 *
 * Times are in seconds, as everywhere in scenarios. Latencies count from the intended time.
 *
 * Memory: plain values; names are borrowed.
 */
#ifndef LOADGEN_USERS_NUMBERS_H
#define LOADGEN_USERS_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* The times of a row: X(name). Scripts use the same names. */
#define NUMBERS_TIMES(X)                                                                           \
    X(mean)                                                                                        \
    X(p50)                                                                                         \
    X(p95)                                                                                         \
    X(p99)                                                                                         \
    X(max)

struct numbers_row {
    const char *name; /* "Shopper GET /"; NULL: all rows together */
    uint64_t requests;
    uint64_t failures;
    double rate; /* requests per second */
#define X(name) double name;
    NUMBERS_TIMES(X)
#undef X
};

struct numbers {
    struct numbers_row total;
    struct numbers_row *rows;
    size_t count;
};

#endif
