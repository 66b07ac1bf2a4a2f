/*
 * buckets - exact counts of latencies between the bounds of a report: hist[0,1ms,10ms].
 *
 * They are kept in addition to the histogram, whose buckets have other bounds. Bucket i counts the
 * latencies with from_ns[i] <= latency < from_ns[i + 1]; the last bucket has no upper bound.
 *
 * Threads: one writer. Memory: 2 kB, a plain value; a copy keeps bounds and counts.
 */
#ifndef LOADGEN_MEASURE_BUCKETS_H
#define LOADGEN_MEASURE_BUCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BUCKETS_MAX = 128 };

struct buckets {
    size_t count;                  /* 0: none */
    uint64_t from_ns[BUCKETS_MAX]; /* ascending, the first is 0 */
    uint64_t counts[BUCKETS_MAX];
};

static inline void buckets_clear(struct buckets *buckets)
{
    memset(buckets->counts, 0, sizeof buckets->counts);
}

/* Counts n latencies of `ns`. */
static inline void buckets_add(struct buckets *buckets, uint64_t ns, uint64_t n)
{
    for (size_t i = buckets->count; i-- > 0;) {
        if (ns >= buckets->from_ns[i]) {
            buckets->counts[i] += n;
            return;
        }
    }
}

static inline void buckets_record(struct buckets *buckets, uint64_t ns)
{
    buckets_add(buckets, ns, 1);
}

/* Adds the counts of `from`. Both must have the same bounds, unless one has no bounds at all. */
static inline void buckets_merge(struct buckets *into, const struct buckets *from)
{
    for (size_t i = 0; i < into->count && i < from->count; i++) {
        into->counts[i] += from->counts[i];
    }
}

#endif
