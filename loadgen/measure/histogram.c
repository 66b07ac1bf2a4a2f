#include "loadgen/measure/histogram.h"

#include <string.h>

/* Nothing was recorded outside the buckets of the minimum and the maximum. */
static uint32_t first_bucket(const struct histogram *h)
{
    return histogram_bucket(h->min_ns < HISTOGRAM_MAX_NS ? h->min_ns : HISTOGRAM_MAX_NS);
}

static uint32_t last_bucket(const struct histogram *h)
{
    return histogram_bucket(h->max_ns < HISTOGRAM_MAX_NS ? h->max_ns : HISTOGRAM_MAX_NS);
}

void histogram_clear(struct histogram *h)
{
    if (h->count > 0) {
        uint32_t first = first_bucket(h);
        memset(&h->buckets[first], 0, (last_bucket(h) - first + 1) * sizeof h->buckets[0]);
    }
    h->count = 0;
    h->sum_ns = 0;
    h->min_ns = UINT64_MAX;
    h->max_ns = 0;
    h->clipped = 0;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0) {
        return;
    }
    for (uint32_t i = first_bucket(from), last = last_bucket(from); i <= last; i++) {
        into->buckets[i] += from->buckets[i];
    }
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    into->min_ns = from->min_ns < into->min_ns ? from->min_ns : into->min_ns;
    into->max_ns = from->max_ns > into->max_ns ? from->max_ns : into->max_ns;
    into->clipped += from->clipped;
}

/* Whole and rest apart, so that the product cannot overflow. */
uint64_t histogram_rank(uint64_t count, uint32_t per_million)
{
    uint64_t million = 1000000;
    return count / million * per_million + (count % million * per_million + million - 1) / million;
}

uint64_t histogram_at_rank(const struct histogram *h, const struct histogram *without,
                           uint64_t rank)
{
    uint64_t seen = 0;
    for (uint32_t i = first_bucket(h), last = last_bucket(h); i <= last; i++) {
        seen += h->buckets[i] - (without ? without->buckets[i] : 0);
        if (seen >= rank && seen > 0) {
            uint64_t middle = histogram_bucket_middle(i);
            middle = middle > h->max_ns ? h->max_ns : middle;
            return middle < h->min_ns ? h->min_ns : middle;
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
    if (rank <= 1 || rank == h->count) { /* the ends are known exactly */
        return rank <= 1 ? h->min_ns : h->max_ns;
    }
    return histogram_at_rank(h, NULL, rank);
}

/* The bucket that begins there; the one behind the last when none does. */
static uint32_t bucket_at(uint64_t ns)
{
    return ns <= HISTOGRAM_MAX_NS ? histogram_bucket(ns) : HISTOGRAM_BUCKETS;
}

uint64_t histogram_count_between(const struct histogram *h, uint64_t from_ns, uint64_t to_ns)
{
    if (h->count == 0) {
        return 0;
    }
    uint32_t first = first_bucket(h);
    uint32_t last = last_bucket(h);
    uint32_t end = bucket_at(to_ns) <= last ? bucket_at(to_ns) : last + 1;
    uint64_t count = 0;
    for (uint32_t i = bucket_at(from_ns) > first ? bucket_at(from_ns) : first; i < end; i++) {
        count += h->buckets[i];
    }
    return count;
}

uint64_t histogram_mean(const struct histogram *h)
{
    return h->count == 0 ? 0 : h->sum_ns / h->count;
}
