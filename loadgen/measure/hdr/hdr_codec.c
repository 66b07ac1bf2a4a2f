#include "loadgen/measure/hdr/hdr_codec.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "loadgen/base/text/base64.h"

/* Bits 4 to 7 of a cookie are the word size; 1 for LEB128. */
#define COOKIE UINT32_C(0x1c849303)
#define COOKIE_COMPRESSED UINT32_C(0x1c849304)
#define COOKIE_WORD UINT32_C(0x10)
#define COOKIE_WORD_MASK UINT32_C(0xf0)
#define RATIO_ONE UINT64_C(0x3ff0000000000000) /* 1.0 */

enum {
    HEADER = 40,
    WRAP = 8, /* cookie and length before the compressed bytes */
    NUMBER_MAX = 9,
    PLAIN_MAX = HEADER + HISTOGRAM_BUCKETS * NUMBER_MAX,
    DIGITS = 3, /* significant */
};

static uint8_t *put_be(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    }
    return at + bytes;
}

static uint64_t get_be(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

static uint8_t *put_number(uint8_t *at, int64_t number)
{
    uint64_t value = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    for (unsigned i = 1; value >= 0x80 && i < NUMBER_MAX; i++) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

/* Reads a number at *at and advances *at; false if it crosses the end. */
static bool get_number(const uint8_t **at, const uint8_t *end, int64_t *number)
{
    uint64_t value = 0;
    uint8_t byte = 0x80;
    for (unsigned i = 0; i < NUMBER_MAX && (byte & 0x80); i++) {
        if (*at == end) {
            return false;
        }
        byte = *(*at)++;
        value |= (uint64_t)(i + 1 < NUMBER_MAX ? byte & 0x7f : byte) << 7 * i;
    }
    *number = (int64_t)(value >> 1 ^ -(value & 1));
    return true;
}

/* Writes header and counts; returns their length. */
static size_t write_plain(const struct histogram *h, uint8_t plain[PLAIN_MAX])
{
    uint8_t *at = plain + HEADER;
    for (uint32_t i = 0, next = 0; (next = histogram_next(h, i)) < HISTOGRAM_BUCKETS;
         i = next + 1) {
        if (next - i > 1) {
            at = put_number(at, -(int64_t)(next - i));
        } else if (next > i) {
            at = put_number(at, 0);
        }
        at = put_number(at, (int64_t)histogram_bucket_count(h, next));
    }
    uint8_t *header = plain;
    header = put_be(header, COOKIE | COOKIE_WORD, 4);
    header = put_be(header, (uint64_t)(at - plain) - HEADER, 4);
    header = put_be(header, 0, 4); /* index of the first bucket */
    header = put_be(header, DIGITS, 4);
    header = put_be(header, 1, 8);
    header = put_be(header, HISTOGRAM_MAX_NS, 8);
    put_be(header, RATIO_ONE, 8);
    return (size_t)(at - plain);
}

bool hdr_encode(const struct histogram *h, struct bytes *text)
{
    uint8_t *plain = malloc(PLAIN_MAX);
    uLongf packed = compressBound(PLAIN_MAX);
    uint8_t *bytes = malloc(WRAP + packed);
    bool ok =
        plain && bytes && compress(bytes + WRAP, &packed, plain, write_plain(h, plain)) == Z_OK;
    if (ok) {
        put_be(put_be(bytes, COOKIE_COMPRESSED | COOKIE_WORD, 4), packed, 4);
        base64_encode(bytes, WRAP + packed, text);
    }
    free(bytes);
    free(plain);
    return ok && !text->has_failed;
}

/* Counts n values in a bucket. False if a sum overflows. */
static bool add_bucket(struct histogram *h, uint32_t bucket, uint64_t n)
{
    uint64_t sum_ns = 0;
    histogram_fill(h, bucket, n);
    h->min_ns = h->count == 0 ? histogram_bucket_begin_ns(bucket) : h->min_ns;
    h->max_ns = histogram_bucket_begin_ns(bucket + 1) - 1;
    return !__builtin_add_overflow(h->count, n, &h->count) &&
           !__builtin_mul_overflow(histogram_bucket_middle(bucket), n, &sum_ns) &&
           !__builtin_add_overflow(h->sum_ns, sum_ns, &h->sum_ns);
}

static bool read_counts(const uint8_t *at, const uint8_t *end, struct histogram *h)
{
    uint64_t bucket = 0;
    while (at < end) {
        int64_t number = 0;
        if (!get_number(&at, end, &number) || number < -HISTOGRAM_BUCKETS) {
            return false;
        }
        uint64_t span = number < 0 ? (uint64_t)-number : 1;
        if (bucket + span > HISTOGRAM_BUCKETS ||
            (number > 0 && !add_bucket(h, (uint32_t)bucket, (uint64_t)number))) {
            return false;
        }
        bucket += span;
    }
    return true;
}

static bool read_plain(const uint8_t *plain, size_t length, struct histogram *h, struct err *err)
{
    if (length < HEADER || (get_be(plain, 4) & ~(uint64_t)COOKIE_WORD_MASK) != COOKIE ||
        get_be(plain + 4, 4) != length - HEADER) {
        return err_set(err, ERR_FAILED, "not a histogram in HdrHistogram V2 format");
    }
    /* hdr-histogram-js writes 1 for the first bucket and for the ratio. */
    uint64_t ratio = get_be(plain + 32, 8);
    if (get_be(plain + 8, 4) > 1 || get_be(plain + 12, 4) != DIGITS || get_be(plain + 16, 8) != 1 ||
        (ratio != RATIO_ONE && ratio != 1)) {
        return err_set(
            err, ERR_FAILED,
            "unsupported buckets: only nanoseconds with three significant digits can be read");
    }
    return read_counts(plain + HEADER, plain + length, h) ||
           err_set(err, ERR_FAILED, "damaged counts, or values over 9 hours");
}

/* Decompresses; returns the length, or 0 if the format is unknown. */
static size_t unpack(const struct bytes *packed, uint8_t plain[PLAIN_MAX])
{
    const uint8_t *wrap = (const uint8_t *)packed->at;
    uLongf size = PLAIN_MAX;
    bool ok = packed->length > WRAP &&
              (get_be(wrap, 4) & ~(uint64_t)COOKIE_WORD_MASK) == COOKIE_COMPRESSED &&
              get_be(wrap + 4, 4) <= packed->length - WRAP &&
              uncompress(plain, &size, wrap + WRAP, get_be(wrap + 4, 4)) == Z_OK;
    return ok ? size : 0;
}

static bool decode(const char *text, size_t length, struct histogram *h, struct err *err)
{
    struct bytes packed = {0};
    uint8_t *plain = malloc(PLAIN_MAX);
    bool ok = false;
    size_t size = 0;
    if (plain && base64_decode(text, length, &packed)) {
        size = unpack(&packed, plain);
    }
    if (!plain || packed.has_failed) {
        err_set(err, ERR_FAILED, "not enough memory for a histogram");
    } else if (size == 0) {
        err_set(err, ERR_FAILED, "not a compressed histogram in HdrHistogram V2 format");
    } else {
        ok = read_plain(plain, size, h, err);
    }
    bytes_free(&packed);
    free(plain);
    return ok;
}

static void clear(struct histogram *h)
{
    histogram_fini(h);
    histogram_clear(h);
}

bool hdr_decode(const char *text, size_t length, struct histogram *h, struct err *err)
{
    clear(h);
    bool ok = decode(text, length, h, err);
    if (!ok) {
        clear(h);
    }
    return ok;
}
