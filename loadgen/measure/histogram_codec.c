#include "loadgen/measure/histogram_codec.h"

#include <endian.h>
#include <string.h>

#include "loadgen/base/varint.h"

/* The longest forms: bucket numbers need at most 3 bytes. */
enum { HEAD_MAX = 3 + 4 * VARINT_MAX + 3, PAIR_MAX = 3 + VARINT_MAX };

enum { PIECE_ROOM = 4096 }; /* of histogram_append */
_Static_assert(PIECE_ROOM >= (int)HISTOGRAM_PIECE_MIN, "a piece has room");

/* Maximum values of a bucket, so that no count of a histogram overflows. */
#define COUNT_MAX (UINT64_C(1) << 48)

struct head {
    uint64_t pairs;
    uint64_t clipped;
    uint64_t min_ns;
    uint64_t span_ns;
    uint64_t sum_ns;
    uint64_t bucket;
};

static uint32_t count_used(const struct histogram *h, uint32_t from, uint32_t most)
{
    uint32_t used = 0;
    for (uint32_t i = histogram_next(h, from); i < HISTOGRAM_BUCKETS && used < most;
         i = histogram_next(h, i + 1)) {
        used++;
    }
    return used;
}

uint8_t *histogram_put(uint8_t *at, const uint8_t *end, const struct histogram *h, uint32_t *next)
{
    uint32_t first = histogram_first_bucket(h);
    bool is_first = *next <= first;
    uint32_t bucket = is_first ? first : *next;
    uint32_t pairs = count_used(h, bucket, (uint32_t)((end - at - HEAD_MAX) / PAIR_MAX));
    at = varint_put(at, pairs);
    at = varint_put(at, is_first ? h->clipped : 0);
    at = varint_put(at, h->min_ns);
    at = varint_put(at, h->max_ns - h->min_ns);
    at = varint_put(at, is_first ? h->sum_ns : 0);
    at = varint_put(at, bucket);
    for (; pairs > 0; pairs--) {
        uint32_t begin = bucket;
        bucket = histogram_next(h, bucket);
        at = varint_put(at, bucket - begin);
        at = varint_put(at, histogram_bucket_count(h, bucket++));
    }
    *next = count_used(h, bucket, 1) > 0 ? bucket : HISTOGRAM_BUCKETS;
    return at;
}

void histogram_append(struct bytes *bytes, const struct histogram *h)
{
    size_t before = bytes->length;
    for (uint32_t next = 0; h->count > 0 && next < HISTOGRAM_BUCKETS;) {
        uint8_t *at = (uint8_t *)bytes_reserve(bytes, PIECE_ROOM);
        if (!at) {
            bytes->length = before;
            return;
        }
        bytes->length += (size_t)(histogram_put(at, at + PIECE_ROOM, h, &next) - at);
    }
}

static bool get_head(const uint8_t **at, const uint8_t *end, struct head *head)
{
    return varint_get(at, end, &head->pairs) && varint_get(at, end, &head->clipped) &&
           varint_get(at, end, &head->min_ns) && varint_get(at, end, &head->span_ns) &&
           varint_get(at, end, &head->sum_ns) && varint_get(at, end, &head->bucket);
}

enum { QUAD = 4, QUAD_BYTES = 2 * QUAD };

/* True if each of the next four pairs takes two bytes, which is nearly always the case. */
static inline bool is_quad(const uint8_t *at, const uint8_t *end, uint64_t pairs, uint64_t *quad)
{
    if (pairs < QUAD || end - at < QUAD_BYTES) {
        return false;
    }
    memcpy(quad, at, sizeof *quad);
    *quad = le64toh(*quad);
    return (*quad & UINT64_C(0x8080808080808080)) == 0;
}

/* The sum of the bytes 0, 2, 4 and 6. */
static inline uint64_t sum_of_even(uint64_t quad)
{
    return ((quad & UINT64_C(0x00ff00ff00ff00ff)) * UINT64_C(0x0001000100010001)) >> 48;
}

/* True if none of the bytes 1, 3, 5 and 7 is 0, all of which are below 128. */
static inline bool has_counts(uint64_t quad)
{
    uint64_t counts = quad >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    return ((counts + UINT64_C(0x007f007f007f007f)) & UINT64_C(0x0080008000800080)) ==
           UINT64_C(0x0080008000800080);
}

/* Advances *bucket past the last one of the pairs. */
static bool check_pairs(const uint8_t **at, const uint8_t *end, uint64_t pairs, uint64_t *bucket)
{
    uint64_t quad = 0;
    uint64_t gap = 0;
    uint64_t count = 0;
    while (pairs > 0) {
        if (is_quad(*at, end, pairs, &quad) && has_counts(quad)) {
            *bucket += QUAD + sum_of_even(quad);
            *at += QUAD_BYTES;
            pairs -= QUAD;
            continue;
        }
        if (!varint_get(at, end, &gap) || gap >= HISTOGRAM_BUCKETS ||
            !varint_get(at, end, &count) || count == 0 || count > COUNT_MAX) {
            return false;
        }
        *bucket += gap + 1;
        pairs--;
    }
    return true;
}

bool histogram_check(const uint8_t **at, const uint8_t *end)
{
    struct head head = {0};
    if (!get_head(at, end, &head) || head.pairs > HISTOGRAM_BUCKETS || head.clipped > COUNT_MAX ||
        head.pairs + head.clipped == 0 || head.min_ns + head.span_ns < head.min_ns) {
        return false;
    }
    uint64_t max_ns = head.min_ns + head.span_ns;
    return (head.clipped == 0 || max_ns > HISTOGRAM_MAX_NS) &&
           (head.pairs == 0 || head.min_ns <= HISTOGRAM_MAX_NS) &&
           head.bucket >= histogram_bucket_or_last(head.min_ns) &&
           head.bucket < HISTOGRAM_BUCKETS && check_pairs(at, end, head.pairs, &head.bucket) &&
           (head.pairs == 0 || head.bucket <= histogram_bucket_or_last(max_ns) + 1);
}

/* Returns the number of values. */
static uint64_t add_pairs(const uint8_t **at, const uint8_t *end, uint64_t pairs, uint64_t *bucket)
{
    const uint8_t *from = *at;
    uint64_t values = 0;
    uint64_t quad = 0;
    uint64_t gap = 0;
    uint64_t count = 0;
    while (pairs > 0) {
        if (is_quad(from, end, pairs, &quad)) {
            bucket[from[0]] += from[1];
            bucket += from[0] + 1;
            bucket[from[2]] += from[3];
            bucket += from[2] + 1;
            bucket[from[4]] += from[5];
            bucket += from[4] + 1;
            bucket[from[6]] += from[7];
            bucket += from[6] + 1;
            values += sum_of_even(quad >> 8);
            from += QUAD_BYTES;
            pairs -= QUAD;
            continue;
        }
        varint_get(&from, end, &gap);
        varint_get(&from, end, &count);
        bucket[gap] += count;
        bucket += gap + 1;
        values += count;
        pairs--;
    }
    *at = from;
    return values;
}

/* The same for a histogram without an array, which may not need one. */
static uint64_t add_few(const uint8_t **at, const uint8_t *end, uint64_t pairs, uint64_t bucket,
                        struct histogram *into)
{
    uint64_t values = 0;
    for (; pairs > 0; pairs--) {
        uint64_t gap = 0;
        uint64_t count = 0;
        varint_get(at, end, &gap);
        varint_get(at, end, &count);
        histogram_fill(into, (uint32_t)(bucket + gap), count);
        bucket += gap + 1;
        values += count;
    }
    return values;
}

void histogram_add(const uint8_t **at, const uint8_t *end, struct histogram *into)
{
    struct head head = {0};
    get_head(at, end, &head);
    uint64_t max_ns = head.min_ns + head.span_ns;
    into->count += head.clipped;
    into->count += into->buckets ? add_pairs(at, end, head.pairs, &into->buckets[head.bucket])
                                 : add_few(at, end, head.pairs, head.bucket, into);
    into->clipped += head.clipped;
    into->sum_ns += head.sum_ns;
    into->min_ns = head.min_ns < into->min_ns ? head.min_ns : into->min_ns;
    into->max_ns = max_ns > into->max_ns ? max_ns : into->max_ns;
}

void histogram_add_by(const uint8_t **at, const uint8_t *end, struct buckets *into)
{
    struct head head = {0};
    get_head(at, end, &head);
    uint64_t max_ns = head.min_ns + head.span_ns;
    buckets_add(into, max_ns, head.clipped);
    for (; head.pairs > 0; head.pairs--) {
        uint64_t gap = 0;
        uint64_t count = 0;
        varint_get(at, end, &gap);
        varint_get(at, end, &count);
        uint64_t ns = histogram_bucket_middle((uint32_t)(head.bucket + gap));
        ns = ns > max_ns ? max_ns : ns;
        buckets_add(into, ns < head.min_ns ? head.min_ns : ns, count);
        head.bucket += gap + 1;
    }
}
