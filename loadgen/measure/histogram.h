/*
 * histogram - counts of durations in nanoseconds, to three significant digits.
 *
 * Each value below 2048 ns has its own bucket. Above that, every power of two is divided into 1024
 * buckets, so the width of a bucket is at most 1/1024 of its values. Values over HISTOGRAM_MAX_NS
 * (2^45 - 1 ns, 9.77 hours) have no bucket; `clipped` counts them. Minimum, maximum, sum and count
 * are exact and include them.
 *
 * The layout is HdrHistogram's with unit magnitude 0 and 2048 sub-buckets (hdrhistogram.org), so
 * hdr_codec.h can write its log format.
 *
 * Up to HISTOGRAM_FEW values are kept in a short list; the array of buckets is allocated only for
 * more, so hundreds of histograms with one or two values take little memory. After
 * histogram_reserve, which allocates the array beforehand, recording never allocates.
 *
 * Threads: one writer, no lock; merge when the writer is done. Memory: zero-initialize and call
 * histogram_clear; free with histogram_fini. An array takes 288 KiB; pages of unused buckets are
 * never touched. Recording, filling and merging end the process if it cannot be allocated.
 */
#ifndef LOADGEN_MEASURE_HISTOGRAM_H
#define LOADGEN_MEASURE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_FEW = 8,
    HISTOGRAM_HALF = 1024, /* buckets per power of two */
    HISTOGRAM_MAX_BITS = 45,
    HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - 10 + 1) * HISTOGRAM_HALF,
};
#define HISTOGRAM_MAX_NS ((UINT64_C(1) << HISTOGRAM_MAX_BITS) - 1)

struct histogram {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t min_ns; /* UINT64_MAX when count is 0 */
    uint64_t max_ns;
    uint64_t clipped;  /* values over HISTOGRAM_MAX_NS */
    uint64_t *buckets; /* HISTOGRAM_BUCKETS counts; NULL: `few` has the values */
    uint32_t few_count;
    uint32_t few[HISTOGRAM_FEW]; /* the bucket of each value, in any order */
};

/* Empties a histogram, or initializes a zeroed one. Keeps the array. */
void histogram_clear(struct histogram *h);

/* Allocates the array now. False if out of memory. */
bool histogram_reserve(struct histogram *h);

/* Frees the array. */
void histogram_fini(struct histogram *h);

/* The bucket of a value; HISTOGRAM_BUCKETS or more if the value is over HISTOGRAM_MAX_NS. */
static inline uint32_t histogram_bucket(uint64_t ns)
{
    /* The shift that leaves 11 bits; 0 for values below 2048. */
    uint32_t shift = 53 - (uint32_t)__builtin_clzll(ns | 1024);
    return shift * HISTOGRAM_HALF + (uint32_t)(ns >> shift);
}

/* The lowest value of a bucket; for HISTOGRAM_BUCKETS the end of the last one. */
static inline uint64_t histogram_bucket_begin_ns(uint32_t bucket)
{
    uint32_t shift = bucket < HISTOGRAM_HALF ? 0 : bucket / HISTOGRAM_HALF - 1;
    return (uint64_t)(bucket - shift * HISTOGRAM_HALF) << shift;
}

/* The middle of a bucket, which represents its values. */
static inline uint64_t histogram_bucket_middle(uint32_t bucket)
{
    uint64_t from = histogram_bucket_begin_ns(bucket);
    return from + (histogram_bucket_begin_ns(bucket + 1) - from) / 2;
}

/* The bucket of a value; the last bucket for values that are clipped. */
static inline uint32_t histogram_bucket_or_last(uint64_t ns)
{
    return histogram_bucket(ns < HISTOGRAM_MAX_NS ? ns : HISTOGRAM_MAX_NS);
}

/* The buckets of minimum and maximum. All buckets in use lie between them. */
static inline uint32_t histogram_first_bucket(const struct histogram *h)
{
    return histogram_bucket_or_last(h->min_ns);
}

static inline uint32_t histogram_last_bucket(const struct histogram *h)
{
    return histogram_bucket_or_last(h->max_ns);
}

/* Adds n values to a bucket without changing count, sum, minimum or maximum. */
void histogram_fill(struct histogram *h, uint32_t bucket, uint64_t n);

/* Records a value whose bucket is known, which saves time if several histograms record it. */
static inline void histogram_record_in(struct histogram *h, uint64_t ns, uint32_t bucket)
{
    h->count++;
    h->sum_ns += ns;
    h->min_ns = ns < h->min_ns ? ns : h->min_ns;
    h->max_ns = ns > h->max_ns ? ns : h->max_ns;
    if (bucket >= HISTOGRAM_BUCKETS) {
        h->clipped++;
    } else if (h->buckets) {
        h->buckets[bucket]++;
    } else {
        histogram_fill(h, bucket, 1);
    }
}

static inline void histogram_record(struct histogram *h, uint64_t ns)
{
    histogram_record_in(h, ns, histogram_bucket(ns));
}

/* The first non-empty bucket at or after this one; HISTOGRAM_BUCKETS: none. */
uint32_t histogram_next(const struct histogram *h, uint32_t bucket);

/* The number of values in a bucket. */
uint64_t histogram_bucket_count(const struct histogram *h, uint32_t bucket);

/* Adds every value of `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * The percentile by nearest rank: the value at rank ceil(per_million/1e6 * count); 990000 is the
 * 99th. Returns the middle of that value's bucket, clamped to minimum and maximum, so it is at most
 * 0.05% off. The first and last rank are exact. 0 if empty; the maximum for a rank among clipped
 * values.
 */
uint64_t histogram_percentile(const struct histogram *h, uint32_t per_million);

/* Several percentiles, in ascending order, in one pass; each as histogram_percentile. */
void histogram_percentiles(const struct histogram *h, const uint32_t *per_million, size_t count,
                           uint64_t *values_ns);

/* The rank of a percentile among `count` values: ceil(per_million/1e6 * count). */
uint64_t histogram_rank(uint64_t count, uint32_t per_million);

/*
 * The value at this rank, from 1 to the count, as precise as a percentile. Values of `without`,
 * which must be a subset of `h`, are left out; NULL: none.
 */
uint64_t histogram_at_rank(const struct histogram *h, const struct histogram *without,
                           uint64_t rank);

/*
 * The number of values v with from_ns <= v < to_ns. Exact if from_ns and to_ns are lower bounds of
 * buckets: any number up to 2048, and m * 2^k with m < 2048. Otherwise they are rounded down to the
 * lower bounds of their buckets, by less than 0.1%. Clipped values never count.
 */
uint64_t histogram_count_between(const struct histogram *h, uint64_t from_ns, uint64_t to_ns);

/* The exact mean, rounded down; 0 if empty. */
uint64_t histogram_mean(const struct histogram *h);

#endif
