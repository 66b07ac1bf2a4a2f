#include "loadgen/measure/histogram.h"

#include <string.h>

#include "loadgen/base/memory.h"

enum { ARRAY_BYTES = HISTOGRAM_BUCKETS * sizeof(uint64_t) };

/* Buckets that are skipped at once. */
enum { STRIDE = 8 };

void histogram_clear(struct histogram *h)
{
    if (h->count > 0 && h->buckets) {
        uint32_t first = histogram_first_bucket(h);
        memset(&h->buckets[first], 0,
               (histogram_last_bucket(h) - first + 1) * sizeof h->buckets[0]);
    }
    h->count = 0;
    h->sum_ns = 0;
    h->min_ns = UINT64_MAX;
    h->max_ns = 0;
    h->clipped = 0;
    h->few_count = 0;
}

bool histogram_reserve(struct histogram *h)
{
    if (h->buckets) {
        return true;
    }
    h->buckets = memory_map(ARRAY_BYTES);
    if (!h->buckets) {
        return false;
    }
    for (uint32_t i = 0; i < h->few_count; i++) {
        h->buckets[h->few[i]]++;
    }
    h->few_count = 0;
    return true;
}

/* Returns the array, and allocates it if necessary. */
static uint64_t *buckets_of(struct histogram *h)
{
    histogram_reserve(h);
    return memory_of(h->buckets);
}

void histogram_fini(struct histogram *h)
{
    memory_unmap(h->buckets, ARRAY_BYTES);
    memset(h, 0, sizeof *h);
}

void histogram_fill(struct histogram *h, uint32_t bucket, uint64_t n)
{
    if (h->buckets || n > HISTOGRAM_FEW - h->few_count) {
        buckets_of(h)[bucket] += n;
        return;
    }
    for (; n > 0; n--) {
        h->few[h->few_count++] = bucket;
    }
}

/* True if the next STRIDE buckets are empty. */
static bool are_empty(const uint64_t *buckets)
{
    uint64_t any = 0;
    for (size_t i = 0; i < STRIDE; i++) {
        any |= buckets[i];
    }
    return any == 0;
}

uint32_t histogram_next(const struct histogram *h, uint32_t bucket)
{
    uint32_t next = HISTOGRAM_BUCKETS;
    if (h->buckets) {
        uint32_t end = h->count > 0 ? histogram_last_bucket(h) + 1 : 0;
        bucket = bucket < histogram_first_bucket(h) ? histogram_first_bucket(h) : bucket;
        while (bucket < end && h->buckets[bucket] == 0) {
            bool is_gap = bucket + STRIDE < end && are_empty(&h->buckets[bucket]);
            bucket += is_gap ? STRIDE : 1;
        }
        return bucket < end ? bucket : HISTOGRAM_BUCKETS;
    }
    for (uint32_t i = 0; i < h->few_count; i++) {
        next = h->few[i] >= bucket && h->few[i] < next ? h->few[i] : next;
    }
    return next;
}

uint64_t histogram_bucket_count(const struct histogram *h, uint32_t bucket)
{
    uint64_t count = 0;
    if (h->buckets) {
        return h->buckets[bucket];
    }
    for (uint32_t i = 0; i < h->few_count; i++) {
        count += h->few[i] == bucket;
    }
    return count;
}

static void merge_buckets(struct histogram *into, const struct histogram *from)
{
    uint64_t *buckets = buckets_of(into);
    for (uint32_t i = histogram_first_bucket(from), last = histogram_last_bucket(from); i <= last;
         i++) {
        buckets[i] += from->buckets[i];
    }
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0) {
        return;
    }
    if (from->buckets) {
        merge_buckets(into, from);
    }
    for (uint32_t i = 0; i < from->few_count; i++) {
        histogram_fill(into, from->few[i], 1);
    }
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    into->min_ns = from->min_ns < into->min_ns ? from->min_ns : into->min_ns;
    into->max_ns = from->max_ns > into->max_ns ? from->max_ns : into->max_ns;
    into->clipped += from->clipped;
}

/* Quotient and remainder separately, so the product cannot overflow. */
uint64_t histogram_rank(uint64_t count, uint32_t per_million)
{
    uint64_t million = 1000000;
    return count / million * per_million + (count % million * per_million + million - 1) / million;
}

/* The value that represents those of a bucket. */
static uint64_t value_in(const struct histogram *h, uint32_t bucket)
{
    uint64_t middle = histogram_bucket_middle(bucket);
    middle = middle > h->max_ns ? h->max_ns : middle;
    return middle < h->min_ns ? h->min_ns : middle;
}

uint64_t histogram_at_rank(const struct histogram *h, const struct histogram *without,
                           uint64_t rank)
{
    uint64_t seen = 0;
    for (uint32_t i = histogram_next(h, 0); i < HISTOGRAM_BUCKETS; i = histogram_next(h, i + 1)) {
        seen += histogram_bucket_count(h, i) - (without ? histogram_bucket_count(without, i) : 0);
        if (seen >= rank && seen > 0) {
            return value_in(h, i);
        }
    }
    return h->max_ns;
}

uint64_t histogram_percentile(const struct histogram *h, uint32_t per_million)
{
    uint64_t rank = histogram_rank(h->count, per_million);
    if (h->count == 0) {
        return 0;
    }
    if (rank <= 1 || rank == h->count) { /* both ends are exact */
        return rank <= 1 ? h->min_ns : h->max_ns;
    }
    return histogram_at_rank(h, NULL, rank);
}

void histogram_percentiles(const struct histogram *h, const uint32_t *per_million, size_t count,
                           uint64_t *values_ns)
{
    uint32_t bucket = histogram_next(h, 0);
    uint64_t seen = bucket < HISTOGRAM_BUCKETS ? histogram_bucket_count(h, bucket) : 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t rank = histogram_rank(h->count, per_million[i]);
        while (seen < rank && bucket < HISTOGRAM_BUCKETS) {
            bucket = histogram_next(h, bucket + 1);
            seen += bucket < HISTOGRAM_BUCKETS ? histogram_bucket_count(h, bucket) : 0;
        }
        if (h->count == 0) {
            values_ns[i] = 0;
        } else if (rank <= 1) {
            values_ns[i] = h->min_ns;
        } else {
            bool is_known = rank < h->count && bucket < HISTOGRAM_BUCKETS;
            values_ns[i] = is_known ? value_in(h, bucket) : h->max_ns;
        }
    }
}

/* The bucket of this value; HISTOGRAM_BUCKETS if it is too large for any. */
static uint32_t bucket_at(uint64_t ns)
{
    return ns <= HISTOGRAM_MAX_NS ? histogram_bucket(ns) : HISTOGRAM_BUCKETS;
}

uint64_t histogram_count_between(const struct histogram *h, uint64_t from_ns, uint64_t to_ns)
{
    uint32_t end = bucket_at(to_ns);
    uint64_t count = 0;
    for (uint32_t i = histogram_next(h, bucket_at(from_ns)); i < end;
         i = histogram_next(h, i + 1)) {
        count += histogram_bucket_count(h, i);
    }
    return count;
}

uint64_t histogram_mean(const struct histogram *h)
{
    return h->count == 0 ? 0 : h->sum_ns / h->count;
}
