/*
 * buckets - how many latencies lie between the bounds that somebody chose: hist[0,1ms,10ms].
 *
 * They count beside the histogram, whose own buckets begin elsewhere: these are exact. Bucket i
 * holds from_ns[i] <= latency < from_ns[i + 1], the last one all that is longer.
 *
 * Threads: one writer. Memory: 2 kB, no pointers; copy the struct to count with the same bounds.
 */
#ifndef LOADGEN_MEASURE_BUCKETS_H
#define LOADGEN_MEASURE_BUCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BUCKETS_MAX = 128 };

struct buckets {
    size_t count;                  /* 0: nobody asked for any */
    uint64_t from_ns[BUCKETS_MAX]; /* ascending, the first is 0 */
    uint64_t counts[BUCKETS_MAX];
};

static inline void buckets_clear(struct buckets *buckets)
{
    memset(buckets->counts, 0, sizeof buckets->counts);
}

static inline void buckets_record(struct buckets *buckets, uint64_t ns)
{
    for (size_t i = buckets->count; i-- > 0;) {
        if (ns >= buckets->from_ns[i]) {
            buckets->counts[i]++;
            return;
        }
    }
}

/* Both have the same bounds, or one of them has none. */
static inline void buckets_merge(struct buckets *into, const struct buckets *from)
{
    for (size_t i = 0; i < into->count && i < from->count; i++) {
        into->counts[i] += from->counts[i];
    }
}

#endif
