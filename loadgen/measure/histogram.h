/*
 * histogram - counts of durations, to three significant digits, exact where it can be.
 *
 * A value below 2048 ns has a bucket of its own; above, every power of two is cut into 1024
 * buckets, so that a bucket is never wider than 1/1024 of its values. Values up to HISTOGRAM_MAX_NS
 * (2^45 ns, over 9 hours) are held; a longer one is counted in `clipped` and in count, sum and max,
 * and reports say so. Minimum, maximum, sum and count are exact.
 *
 * The layout is that of HdrHistogram with unit magnitude 0 and 2048 sub-buckets
 * (hdrhistogram.org), so that its log format can be written from it.
 *
 * Threads: one writer, no lock; merge when the writer has let go of it. Memory: 290 kB, no
 * pointers; pages of buckets never used are never touched.
 */
#ifndef LOADGEN_MEASURE_HISTOGRAM_H
#define LOADGEN_MEASURE_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_HALF = 1024, /* buckets a power of two */
    HISTOGRAM_MAX_BITS = 45,
    HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - 10 + 1) * HISTOGRAM_HALF,
};
#define HISTOGRAM_MAX_NS ((UINT64_C(1) << HISTOGRAM_MAX_BITS) - 1)

struct histogram {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t min_ns; /* UINT64_MAX when count is 0 */
    uint64_t max_ns;
    uint64_t clipped; /* values over HISTOGRAM_MAX_NS */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Makes an empty histogram of zeroed memory, or of one that held values. */
void histogram_clear(struct histogram *h);

static inline uint32_t histogram_bucket(uint64_t ns)
{
    /* The shift that leaves 11 bits; values below 2048 have them already. */
    uint32_t shift = 53 - (uint32_t)__builtin_clzll(ns | 1024);
    return shift * HISTOGRAM_HALF + (uint32_t)(ns >> shift);
}

/* The least value of a bucket; HISTOGRAM_BUCKETS gives the end of the last one. */
static inline uint64_t histogram_bucket_begin_ns(uint32_t bucket)
{
    uint32_t shift = bucket < HISTOGRAM_HALF ? 0 : bucket / HISTOGRAM_HALF - 1;
    return (uint64_t)(bucket - shift * HISTOGRAM_HALF) << shift;
}

/* The least value of a bucket; of HISTOGRAM_BUCKETS the one behind all. */
static inline uint64_t histogram_bucket_from(uint32_t bucket)
{
    uint32_t shift = bucket < 2 * HISTOGRAM_HALF ? 0 : bucket / HISTOGRAM_HALF - 1;
    return (uint64_t)(bucket - shift * HISTOGRAM_HALF) << shift;
}

/* The middle of a bucket: what stands for all its values. */
static inline uint64_t histogram_bucket_middle(uint32_t bucket)
{
    uint64_t from = histogram_bucket_from(bucket);
    return from + (histogram_bucket_from(bucket + 1) - from) / 2;
}

static inline void histogram_record(struct histogram *h, uint64_t ns)
{
    h->count++;
    h->sum_ns += ns;
    h->min_ns = ns < h->min_ns ? ns : h->min_ns;
    h->max_ns = ns > h->max_ns ? ns : h->max_ns;
    if (ns <= HISTOGRAM_MAX_NS) {
        h->buckets[histogram_bucket(ns)]++;
    } else {
        h->clipped++;
    }
}

/* Adds all of `from` to `into`: the same as if every value had been recorded there. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * The percentile by nearest rank: the value at rank ceil(per_million/1e6 * count), at most 0.05 %
 * off (the middle of its bucket, never outside minimum and maximum; the first and the last rank are
 * exact). 990000 is the 99th. 0 when empty. A rank among the clipped values gives the maximum.
 */
uint64_t histogram_percentile(const struct histogram *h, uint32_t per_million);

/* The rank of a percentile among `count` values: ceil(per_million/1e6 * count). */
uint64_t histogram_rank(uint64_t count, uint32_t per_million);

/*
 * The value at this rank, from 1, of those that are in `h` and not in `without`, every value of
 * which was recorded in `h` as well. NULL: of all. As precise as a percentile. The rank is no more
 * than there are.
 */
uint64_t histogram_at_rank(const struct histogram *h, const struct histogram *without,
                           uint64_t rank);

/*
 * The values v with from_ns <= v < to_ns. Exact when both are where a bucket begins: everything up
 * to 2048, above that what has no more than 11 significant bits (m * 2^k with m < 2048). Any other
 * bound moves down to the beginning of its bucket, by less than 0.1 %. Clipped values are in no
 * span.
 */
uint64_t histogram_count_between(const struct histogram *h, uint64_t from_ns, uint64_t to_ns);

/* The exact mean, rounded down to a nanosecond; 0 when empty. */
uint64_t histogram_mean(const struct histogram *h);

#endif
