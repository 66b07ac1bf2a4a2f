/*
 * history - a whole run over time, in bounded memory, for charts.
 *
 * A point covers `width` seconds: 1 at first. When the points or their bytes reach the limit,
 * neighbors are merged in pairs, and the width doubles. So a day takes 675 points of 128 seconds.
 *
 * Merging all points takes up to half a second of CPU time, which would disturb the run. So pairs
 * are merged in advance, two per second, and later replace the points all at once. Half of the
 * limit of bytes is reserved for the pairs.
 *
 * Merging adds sums and histograms, so the percentiles of a point are those of all its requests. A
 * point also keeps what merging would hide: the p99 of its worst second.
 *
 * Threads: one at a time. Memory: history_fini. A histogram is kept as (gap, count) pairs
 * (measure/histogram_codec.h), usually a few hundred bytes.
 */
#ifndef LOADGEN_WEB_HISTORY_HISTORY_H
#define LOADGEN_WEB_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/histogram.h"

/* Values that are summed over the seconds of a point. */
#define HISTORY_SUMS(X)                                                                            \
    X(intended) /* requests that were due */                                                       \
    X(started)                                                                                     \
    X(ended)                                                                                       \
    X(failures) /* of `ended`: not successes */                                                    \
    X(bytes_in)                                                                                    \
    X(cpu_ns)              /* CPU time of this process */                                          \
    X(throttled_ns)        /* by the CPU quota */                                                  \
    X(target_cpu_known_ns) /* time for which the target's CPU time is known (scrape/load.h) */     \
    X(target_cpu_ns)       /* the target's CPU time in it */                                       \
    X(target_throttled_known_ns)                                                                   \
    X(target_throttled_ns)

/* The histograms of a point. */
#define HISTORY_TIMES(X)                                                                           \
    X(latency)                                                                                     \
    X(lag)

/* One second of a run. */
struct history_second {
#define X(name) uint64_t name;
    HISTORY_SUMS(X)
#undef X
    uint64_t users;
    uint64_t in_flight;
#define X(name) const struct histogram *name;
    HISTORY_TIMES(X)
#undef X
};

struct history_times {
    uint64_t p50_ns;
    uint64_t p95_ns;
    uint64_t p99_ns;
    uint64_t max_ns;
    uint64_t worst_p99_ns; /* p99 of the second in which it was highest */
    /* private: the histogram, encoded */
    uint8_t *code;
    size_t length;
};

struct history_point {
    uint64_t first;   /* second, from 0 */
    uint64_t seconds; /* fewer than the width only in the last point */
#define X(name) uint64_t name;
    HISTORY_SUMS(X)
#undef X
    uint64_t users;     /* in the last second */
    uint64_t in_flight; /* maximum of all seconds */
#define X(name) struct history_times name;
    HISTORY_TIMES(X)
#undef X
};

/* The limits that programs use. */
enum { HISTORY_POINTS = 1200, HISTORY_BYTES = 16 * 1024 * 1024 };

struct history {
    uint64_t width; /* seconds of a point */
    size_t count;
    struct history_point *points;
    /* private */
    size_t points_max;
    size_t bytes_max;
    size_t bytes;                /* of all encoded histograms, also those of the pairs */
    struct history_point *pairs; /* points 0 and 1, 2 and 3..., merged as far as pair_count says */
    size_t pair_count;
    size_t pair_bytes;
    struct histogram scratch;
};

/* A copy of all points. */
struct history_points {
    size_t count;
    struct history_point *list;
};

/* points_max is even. False: out of memory. */
bool history_init(struct history *history, size_t points_max, size_t bytes_max);
void history_fini(struct history *history);

/* Removes all points. */
void history_clear(struct history *history);

/* The number of seconds that were added. */
uint64_t history_seconds(const struct history *history);

/* Adds the next second. */
void history_add(struct history *history, const struct history_second *second);

/* Adds sums, but no second, to the last point. */
void history_amend(struct history *history, const struct history_second *more);

/* Copies the points, so that a reader need not hold a lock while it decodes histograms. */
void history_copy(const struct history *history, struct history_points *copy);
void history_points_free(struct history_points *points);

/* Adds the latencies of a point to a histogram. */
void history_add_latency(const struct history_point *point, struct histogram *into);

#endif
