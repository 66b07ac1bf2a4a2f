#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "loadgen/base/text/base64.h"
#include "loadgen/measure/hdr/hdr_codec.h"
#include "tests/support/random.h"
#include "tests/support/tallies.h"

static struct histogram *h;
static struct histogram *again;
static struct err err;
static struct random chance;

static void setup(void)
{
    h = calloc(1, sizeof *h);
    again = calloc(1, sizeof *again);
    histogram_clear(h);
    histogram_clear(again);
    err = (struct err){0};
    chance = random_seeded(3);
}

static void teardown(void)
{
    histogram_fini(h);
    histogram_fini(again);
    free(h);
    free(again);
}

static void record(uint64_t ns, unsigned times)
{
    while (times-- > 0) {
        histogram_record(h, ns);
    }
}

static bool decode(const char *text)
{
    return hdr_decode(text, strlen(text), again, &err);
}

static void round_trip(void)
{
    struct bytes text = {0};
    ck_assert(hdr_encode(h, &text));
    ck_assert_msg(hdr_decode(text.at, text.length, again, &err), "%s", err.text);
    bytes_free(&text);
    ck_assert_uint_eq(again->count, h->count - h->clipped);
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        ck_assert_uint_eq(histogram_bucket_count(again, i), histogram_bucket_count(h, i));
    }
}

START_TEST(counts_come_back_exactly)
{
    for (unsigned i = 0; i < 20000; i++) {
        record(random_sized(&chance, 45), 1);
    }
    round_trip();
    ck_assert_uint_le(again->min_ns, h->min_ns);
    ck_assert_uint_ge(again->max_ns, h->max_ns);
    ck_assert_uint_le(again->max_ns, h->max_ns + h->max_ns / 1024 + 1);
    double off = (double)again->sum_ns / (double)h->sum_ns;
    ck_assert_double_gt(off, 0.9995);
    ck_assert_double_lt(off, 1.0005);
    for (uint32_t p = 10000; p <= 1000000; p += 10000) {
        uint64_t a = histogram_percentile(h, p);
        uint64_t b = histogram_percentile(again, p);
        ck_assert_uint_le(a > b ? a - b : b - a, a / 1024);
    }
}
END_TEST

START_TEST(the_edges_come_back)
{
    round_trip(); /* an empty one */
    ck_assert_uint_eq(again->min_ns, UINT64_MAX);
    record(0, 1);
    round_trip();
    record(2, 127); /* one empty bucket between them, and counts at the borders of LEB128 */
    record(5, 128);
    record(2047, 8191);
    record(2048, 8192);
    record(HISTOGRAM_MAX_NS, 1);
    round_trip();
    ck_assert_uint_eq(again->min_ns, 0);
    ck_assert_uint_eq(again->max_ns, HISTOGRAM_MAX_NS);
    record(HISTOGRAM_MAX_NS + 1, 5); /* too long for V2 as well */
    round_trip();
    h->buckets[7] = UINT64_C(1) << 60; /* nine bytes, the last one whole */
    h->buckets[9] = UINT64_C(1) << 55;
    h->buckets[0] = UINT64_C(1) << 62;
    h->count += h->buckets[7] + h->buckets[9] + h->buckets[0] - 1;
    round_trip();
}
END_TEST

/* Byte for byte as HdrHistogram's encodeIntoByteBuffer has it. */
START_TEST(the_inside_is_that_of_v2)
{
    static const uint8_t expected[] = {
        0x1c, 0x84, 0x93, 0x13, 0,    0,    0,    8,    0, 0, 0, 0, 0,    0,
        0,    3,    0,    0,    0,    0,    0,    0,    0, 1, 0, 0, 0x1f, 0xff,
        0xff, 0xff, 0xff, 0xff, 0x3f, 0xf0, 0,    0,    0, 0, 0, 0, /* counts: */
        0x09, 0x02, 0x00, 0x04, 0xef, 0x1f, 0x80, 0x02,
    };
    uint8_t plain[100];
    uLongf size = sizeof plain;
    struct bytes text = {0};
    struct bytes packed = {0};
    record(5, 1);
    record(7, 2);
    record(2048, 128);
    ck_assert(hdr_encode(h, &text) && base64_decode(text.at, text.length, &packed));
    ck_assert_mem_eq(packed.at, "\x1c\x84\x93\x14\0\0\0", 7);
    ck_assert_uint_eq((uint8_t)packed.at[7], packed.length - 8);
    ck_assert_int_eq(uncompress(plain, &size, (const uint8_t *)packed.at + 8, packed.length - 8),
                     Z_OK);
    ck_assert_uint_eq(size, sizeof expected);
    ck_assert_mem_eq(plain, expected, sizeof expected);
    bytes_free(&packed);
    bytes_free(&text);
}
END_TEST

START_TEST(only_values_that_are_too_long_leave_it_empty)
{
    record(HISTOGRAM_MAX_NS + 1, 5);
    round_trip();
    ck_assert_uint_eq(again->count, 0);
}
END_TEST

/* Written by hdr-histogram-js 3.0.1. */
START_TEST(what_somebody_else_wrote_is_read)
{
    ck_assert(
        decode("HISTFAAAADh4nJNpmSzMwMAgysDAwMjAwMDMAAGMDAzy/0EAzmf6Kc82gbn1MuODoxxH+xmZVu9lZAIA"
               "RikN9w=="));
    ck_assert_uint_eq(again->count, 70206);
    ck_assert_uint_eq(again->buckets[1], 1);
    ck_assert_uint_eq(again->buckets[2047], 3);
    ck_assert_uint_eq(again->buckets[histogram_bucket(2048)], 200);
    ck_assert_uint_eq(again->buckets[histogram_bucket(20000000)], 70000);
    ck_assert_uint_eq(again->buckets[histogram_bucket(10000000000)], 1);
    ck_assert_uint_eq(again->buckets[histogram_bucket(35184372088831)], 1);
}
END_TEST

static const struct {
    const char *text, *why;
} bad[] = {
    {"", "not a compressed histogram"},
    {"HIST", "not a compressed histogram"},
    {"HISTFAAAADh4nJN", "not a compressed histogram"},
    {"HISTFAAAADh4nJNp????", "not a compressed histogram"},
    {"HISTFAAAADh4nJNpmSzMwMAgysDAwMjAwMDMAAGMDAzy/0EAzmf6Kc82gbn1MuODoxxH+xmZVu9lZAIARikN9w=",
     "not a compressed histogram"},
    {"AAAAAAAAADh4nJNpmSzMwMAgysDAwMjAwMDMAAGMDAzy/0EAzmf6Kc82gbn1MuODoxxH+xmZVu9lZAIARikN9w==",
     "not a compressed histogram"},
    /* microseconds, and two digits */
    {"HISTFAAAACR4nJNpmSzMwMDAzMDAwAilQdQLEHlt8hIGKGAUZGIAAGVsBFo=", "three significant digits"},
    {"HISTFAAAACZ4nJNpmSzMwMDAzMDAwMjAwMDEAAEgNsO1yUsYYPztPEwAVQ0EIQ==",
     "three significant digits"},
};
enum { BAD = sizeof bad / sizeof bad[0] };

START_TEST(what_is_no_histogram_of_ours_is_refused)
{
    record(5, 3);
    *again = *h;
    ck_assert(!decode(bad[_i].text));
    ck_assert_msg(strstr(err.text, bad[_i].why) != NULL, "%s", err.text);
    histogram_clear(h);
    ck_assert(histograms_are_equal(again, h));
}
END_TEST

Suite *hdr_codec_suite(void);
Suite *hdr_codec_suite(void)
{
    Suite *suite = suite_create("hdr_codec");
    TCase *tests = tcase_create("hdr_codec");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, counts_come_back_exactly);
    tcase_add_test(tests, the_edges_come_back);
    tcase_add_test(tests, the_inside_is_that_of_v2);
    tcase_add_test(tests, only_values_that_are_too_long_leave_it_empty);
    tcase_add_test(tests, what_somebody_else_wrote_is_read);
    tcase_add_loop_test(tests, what_is_no_histogram_of_ours_is_refused, 0, BAD);
    suite_add_tcase(suite, tests);
    return suite;
}
