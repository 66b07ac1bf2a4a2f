/* Not under tsan: one thread. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "loadgen/measure/histogram.h"
#include "tests/support/random.h"
#include "tests/support/tallies.h"

enum { VALUES = 20001 };

static struct histogram *h;
static uint64_t *values;
static struct random chance;

static void setup(void)
{
    h = calloc(1, sizeof *h);
    values = calloc(VALUES, sizeof *values);
    histogram_clear(h);
    chance = random_seeded(42);
}

static void teardown(void)
{
    free(values);
    histogram_fini(h);
    free(h);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank, by definition: the smallest value with at least that part of all at or below it. */
static uint64_t exact_percentile(const uint64_t *sorted, uint64_t n, uint32_t per_million)
{
    uint64_t rank = (n * per_million + 999999) / 1000000;
    return sorted[rank > 0 ? rank - 1 : 0];
}

static void expect_close(uint64_t got, uint64_t exact)
{
    ck_assert_msg(fabs((double)got - (double)exact) <= 0.0005 * (double)exact, "%lu for %lu", got,
                  exact);
}

static void expect_equal(const struct histogram *a, const struct histogram *b)
{
    ck_assert_uint_eq(a->count, b->count);
    ck_assert_uint_eq(a->min_ns, b->min_ns);
    ck_assert(histograms_are_equal(a, b));
}

static const uint64_t sizes[] = {1, 2, 3, 10, 99, 100, 101, 1000, VALUES};

START_TEST(percentiles_are_those_of_all_values_by_nearest_rank)
{
    static const uint32_t ranks[] = {0,      1,      100000, 250000, 500000, 900000,
                                     950000, 990000, 999000, 999999, 1000000};
    uint64_t n = sizes[_i];
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        values[i] = random_sized(&chance, 45);
        sum += values[i];
        histogram_record(h, values[i]);
    }
    qsort(values, n, sizeof *values, compare);
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        expect_close(histogram_percentile(h, ranks[i]), exact_percentile(values, n, ranks[i]));
    }
    uint64_t at_once[sizeof ranks / sizeof ranks[0]];
    histogram_percentiles(h, ranks, sizeof ranks / sizeof ranks[0], at_once);
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        ck_assert_uint_eq(at_once[i], histogram_percentile(h, ranks[i]));
    }
    ck_assert_uint_eq(h->count, n);
    ck_assert_uint_eq(h->sum_ns, sum);
    ck_assert_uint_eq(h->min_ns, values[0]);
    ck_assert_uint_eq(h->max_ns, values[n - 1]);
    ck_assert_uint_eq(histogram_mean(h), sum / n);
    ck_assert_uint_eq(h->clipped, 0);
}
END_TEST

START_TEST(below_2048_ns_percentiles_are_exact)
{
    for (uint64_t i = 0; i < VALUES; i++) {
        values[i] = random_below(&chance, 2048);
        histogram_record(h, values[i]);
    }
    qsort(values, VALUES, sizeof *values, compare);
    for (uint32_t rank = 0; rank <= 1000000; rank += 1000) {
        ck_assert_uint_eq(histogram_percentile(h, rank), exact_percentile(values, VALUES, rank));
    }
}
END_TEST

START_TEST(a_rank_is_neither_one_too_small_nor_one_too_great)
{
    for (uint64_t i = 1; i <= 100; i++) {
        histogram_record(h, i);
    }
    ck_assert_uint_eq(histogram_percentile(h, 500000), 50);
    ck_assert_uint_eq(histogram_percentile(h, 500001), 51);
    ck_assert_uint_eq(histogram_percentile(h, 990000), 99);
    ck_assert_uint_eq(histogram_percentile(h, 990001), 100);
    ck_assert_uint_eq(histogram_percentile(h, 1000000), 100);
    ck_assert_uint_eq(histogram_percentile(h, 0), 1);
}
END_TEST

static const uint64_t edges[] = {0,
                                 1,
                                 1023,
                                 1024,
                                 2047,
                                 2048,
                                 2049,
                                 4095,
                                 4096,
                                 1000000,
                                 UINT64_C(3600000000000), /* an hour */
                                 (UINT64_C(1) << 44) - 1,
                                 UINT64_C(1) << 44,
                                 (UINT64_C(1) << 45) - 1,
                                 UINT64_C(1) << 45,
                                 UINT64_C(1) << 63,
                                 UINT64_MAX};

/* The middle of a bucket is held within minimum and maximum, so a single value is always exact. */
START_TEST(a_rank_without_some_of_the_values_is_that_of_the_rest)
{
    struct histogram *some = calloc(1, sizeof *some);
    histogram_clear(some);
    uint64_t n = 0;
    for (uint64_t i = 0; i < VALUES; i++) {
        uint64_t value = random_sized(&chance, 45);
        histogram_record(h, value);
        if (i % 3 == 0) {
            histogram_record(some, value);
        } else {
            values[n++] = value;
        }
    }
    qsort(values, n, sizeof *values, compare);
    for (uint64_t rank = 1; rank <= n; rank += 7) {
        expect_close(histogram_at_rank(h, some, rank), values[rank - 1]);
    }
    expect_close(histogram_at_rank(h, some, n), values[n - 1]);
    histogram_fini(some);
    free(some);
}
END_TEST

START_TEST(one_value_is_its_own_percentile_minimum_and_maximum)
{
    uint64_t value = edges[_i];
    histogram_record(h, value);
    ck_assert_uint_eq(h->count, 1);
    ck_assert_uint_eq(h->sum_ns, value);
    ck_assert_uint_eq(h->min_ns, value);
    ck_assert_uint_eq(h->max_ns, value);
    ck_assert_uint_eq(histogram_mean(h), value);
    ck_assert_uint_eq(histogram_percentile(h, 500000), value);
    ck_assert_uint_eq(h->clipped, value > HISTOGRAM_MAX_NS);
}
END_TEST

START_TEST(a_bucket_is_found_for_every_value_and_is_narrow)
{
    uint32_t before = 0;
    ck_assert_uint_eq(histogram_bucket(HISTOGRAM_MAX_NS), HISTOGRAM_BUCKETS - 1);
    for (uint64_t value = 0; value <= HISTOGRAM_MAX_NS; value += 1 + value / 4096) {
        uint32_t bucket = histogram_bucket(value);
        ck_assert_msg(bucket == before || bucket == before + 1, "%lu ns: bucket %u after %u", value,
                      bucket, before);
        if (value >= 2048) { /* the value after the widest that may share the bucket */
            ck_assert_uint_gt(histogram_bucket(value + value / 1024 + 1), bucket);
        } else {
            ck_assert_uint_eq(bucket, value);
        }
        before = bucket;
    }
}
END_TEST

START_TEST(ranks_among_values_that_are_too_long_give_the_maximum)
{
    for (uint64_t i = 0; i < 90; i++) {
        histogram_record(h, 5000);
    }
    for (uint64_t i = 0; i < 10; i++) {
        histogram_record(h, HISTOGRAM_MAX_NS + 1 + i);
    }
    ck_assert_uint_eq(h->clipped, 10);
    expect_close(histogram_percentile(h, 900000), 5000);
    ck_assert_uint_eq(histogram_percentile(h, 910000), HISTOGRAM_MAX_NS + 10);
    ck_assert_uint_eq(h->max_ns, HISTOGRAM_MAX_NS + 10);
    ck_assert_uint_eq(h->sum_ns, UINT64_C(90) * 5000 + 10 * (HISTOGRAM_MAX_NS + 1) + 45);
}
END_TEST

/* Where buckets begin: the spans between these are exact. */
static const uint64_t borders[] = {0,    1,        2,         1023,      2047,      2048,
                                   3072, 64 << 11, 2047 << 6, 3LL << 34, 1LL << 45, UINT64_MAX};

START_TEST(a_span_between_borders_is_counted_exactly)
{
    enum { BORDERS = sizeof borders / sizeof borders[0] };
    for (size_t i = 0; i < VALUES; i++) {
        uint64_t edge = borders[random_below(&chance, BORDERS - 1)];
        values[i] =
            i % 2 ? random_sized(&chance, 46) : edge + random_below(&chance, 2) - (edge > 0);
        histogram_record(h, values[i]);
    }
    for (size_t a = 0; a < BORDERS; a++) {
        for (size_t b = a; b < BORDERS; b++) {
            uint64_t exact = 0;
            for (size_t i = 0; i < VALUES; i++) {
                exact += values[i] >= borders[a] && values[i] < borders[b] &&
                         values[i] <= HISTOGRAM_MAX_NS;
            }
            ck_assert_uint_eq(histogram_count_between(h, borders[a], borders[b]), exact);
        }
    }
    ck_assert_uint_gt(h->clipped, 0);
    ck_assert_uint_eq(histogram_count_between(h, 0, UINT64_MAX), h->count - h->clipped);
}
END_TEST

START_TEST(a_bound_inside_a_bucket_moves_down_to_where_it_begins)
{
    histogram_record(h, 4097);
    ck_assert_uint_eq(histogram_count_between(h, 0, 4098), 0);
    ck_assert_uint_eq(histogram_count_between(h, 0, 4100), 1);
    ck_assert_uint_eq(histogram_count_between(h, 4098, 4100), 1);
}
END_TEST

START_TEST(without_values_all_is_zero)
{
    ck_assert_uint_eq(histogram_count_between(h, 0, UINT64_MAX), 0);
    ck_assert_uint_eq(histogram_percentile(h, 990000), 0);
    ck_assert_uint_eq(histogram_mean(h), 0);
    ck_assert_uint_eq(h->count, 0);
    ck_assert_uint_eq(h->max_ns, 0);
    ck_assert_uint_eq(h->min_ns, UINT64_MAX);
}
END_TEST

START_TEST(merging_is_the_same_as_recording_all_in_one)
{
    struct histogram *parts = calloc(3, sizeof *parts);
    for (int i = 0; i < 3; i++) {
        histogram_clear(&parts[i]);
    }
    for (uint64_t i = 0; i < VALUES; i++) {
        uint64_t value = random_sized(&chance, 46); /* some are clipped */
        histogram_record(h, value);
        histogram_record(&parts[i % 2], value);
    }
    histogram_merge(&parts[2], &parts[0]);
    histogram_merge(&parts[2], &parts[1]);
    expect_equal(&parts[2], h);
    ck_assert_uint_gt(h->clipped, 0);
    histogram_clear(&parts[0]);
    histogram_merge(&parts[2], &parts[0]); /* an empty one changes nothing */
    expect_equal(&parts[2], h);
    for (int i = 0; i < 3; i++) {
        histogram_fini(&parts[i]);
    }
    free(parts);
}
END_TEST

/* Up to HISTOGRAM_FEW values, one more, and many: in any order, with or without the array. */
START_TEST(few_values_are_what_they_are_in_an_array)
{
    struct histogram dense = {0};
    struct histogram sum = {0};
    histogram_clear(&dense);
    histogram_clear(&sum);
    ck_assert(histogram_reserve(&dense));
    for (int i = 0; i < _i; i++) {
        uint64_t value = i % 3 ? random_sized(&chance, 45) : 77;
        histogram_record(h, value);
        histogram_record(&dense, value);
        expect_equal(h, &dense);
        ck_assert_uint_eq(histogram_percentile(h, 500000), histogram_percentile(&dense, 500000));
        ck_assert_uint_eq(histogram_count_between(h, 70, UINT64_C(1) << 40),
                          histogram_count_between(&dense, 70, UINT64_C(1) << 40));
        for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b += 1 + b / 2) {
            ck_assert_uint_eq(histogram_next(h, b), histogram_next(&dense, b));
        }
    }
    ck_assert_int_eq(h->buckets != NULL, _i > HISTOGRAM_FEW);
    histogram_merge(&sum, h);
    expect_equal(&sum, &dense);
    histogram_merge(&sum, &dense);
    histogram_merge(&dense, h);
    expect_equal(&sum, &dense);
    histogram_fini(&sum);
    histogram_fini(&dense);
}
END_TEST

START_TEST(a_cleared_one_is_as_good_as_new)
{
    struct histogram *fresh = calloc(1, sizeof *fresh);
    histogram_clear(fresh);
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < 1000; i++) {
            histogram_record(h, random_sized(&chance, 46));
        }
        histogram_clear(h);
        expect_equal(h, fresh);
    }
    histogram_record(h, HISTOGRAM_MAX_NS + 1); /* nothing in the buckets at all */
    histogram_clear(h);
    expect_equal(h, fresh);
    free(fresh);
}
END_TEST

START_TEST(counts_that_are_enormous_do_not_overflow_a_rank)
{
    ck_assert(histogram_reserve(h));
    h->count = UINT64_MAX;
    h->min_ns = 10;
    h->max_ns = 20;
    h->buckets[10] = UINT64_MAX / 2;
    h->buckets[20] = UINT64_MAX / 2 + 1;
    ck_assert_uint_eq(histogram_percentile(h, 490000), 10);
    ck_assert_uint_eq(histogram_percentile(h, 510000), 20);
    ck_assert_uint_eq(histogram_percentile(h, 1000000), 20);
}
END_TEST

START_TEST(a_bucket_begins_with_the_first_value_that_falls_into_it)
{
    ck_assert_uint_eq(histogram_bucket_begin_ns(0), 0);
    for (uint32_t bucket = 1; bucket < HISTOGRAM_BUCKETS; bucket++) {
        uint64_t begin = histogram_bucket_begin_ns(bucket);
        ck_assert_uint_eq(histogram_bucket(begin), bucket);
        ck_assert_uint_eq(histogram_bucket(begin - 1), bucket - 1);
    }
    ck_assert_uint_eq(histogram_bucket_begin_ns(HISTOGRAM_BUCKETS), HISTOGRAM_MAX_NS + 1);
}
END_TEST

Suite *histogram_suite(void);
Suite *histogram_suite(void)
{
    enum { SIZES = sizeof sizes / sizeof sizes[0], EDGES = sizeof edges / sizeof edges[0] };
    Suite *suite = suite_create("histogram");
    TCase *tests = tcase_create("histogram");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, percentiles_are_those_of_all_values_by_nearest_rank, 0, SIZES);
    tcase_add_test(tests, below_2048_ns_percentiles_are_exact);
    tcase_add_test(tests, a_rank_is_neither_one_too_small_nor_one_too_great);
    tcase_add_test(tests, a_rank_without_some_of_the_values_is_that_of_the_rest);
    tcase_add_loop_test(tests, one_value_is_its_own_percentile_minimum_and_maximum, 0, EDGES);
    tcase_add_test(tests, a_bucket_is_found_for_every_value_and_is_narrow);
    tcase_add_test(tests, ranks_among_values_that_are_too_long_give_the_maximum);
    tcase_add_test(tests, a_span_between_borders_is_counted_exactly);
    tcase_add_test(tests, a_bound_inside_a_bucket_moves_down_to_where_it_begins);
    tcase_add_test(tests, without_values_all_is_zero);
    tcase_add_test(tests, merging_is_the_same_as_recording_all_in_one);
    tcase_add_loop_test(tests, few_values_are_what_they_are_in_an_array, 0, 3 * HISTOGRAM_FEW);
    tcase_add_test(tests, a_cleared_one_is_as_good_as_new);
    tcase_add_test(tests, counts_that_are_enormous_do_not_overflow_a_rank);
    tcase_add_test(tests, a_bucket_begins_with_the_first_value_that_falls_into_it);
    suite_add_tcase(suite, tests);
    return suite;
}
