/* Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "loadgen/measure/histogram_codec.h"
#include "loadgen/measure/tally_codec.h"
#include "tests/support/random.h"
#include "tests/support/tallies.h"

enum { PARTS = 64, RESULTS = 8000 };

static struct tally *written;
static struct tally *got;
static struct rows names;     /* of `written` */
static struct rows got_names; /* of `got` */
static struct text_pool texts;
static uint8_t *parts[PARTS];
static size_t lengths[PARTS];
static size_t part_count;
static struct random chance;

static void name_rows(struct rows *rows, const char *format, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        char name[32];
        snprintf(name, sizeof name, format, i);
        rows_add(rows, name);
    }
}

static void setup(void)
{
    written = tally_create(true, true);
    got = tally_create(true, true);
    text_pool_init(&texts);
    chance = random_seeded(7);
}

static void forget_parts(void)
{
    for (size_t i = 0; i < part_count; i++) {
        free(parts[i]);
    }
    part_count = 0;
}

static void teardown(void)
{
    forget_parts();
    tally_destroy(written);
    tally_destroy(got);
    rows_free(&names);
    rows_free(&got_names);
    text_pool_fini(&texts);
}

static uint8_t *begin_part(void *context)
{
    const size_t *room = context;
    ck_assert_uint_lt(part_count, PARTS);
    parts[part_count] = malloc(*room);
    ck_assert_ptr_nonnull(parts[part_count]);
    return parts[part_count];
}

/* Without unused room, so that asan sees any access behind a part. */
static void end_part(void *context, size_t length)
{
    const size_t *room = context;
    ck_assert_uint_gt(length, 0);
    ck_assert_uint_le(length, *room);
    parts[part_count] = realloc(parts[part_count], length);
    lengths[part_count++] = length;
}

static void encode(size_t room)
{
    const struct tally_sink sink = {room, begin_part, end_part, &room};
    forget_parts();
    tally_encode(written, &names, &names, &sink);
    ck_assert_uint_gt(part_count, 0);
}

static enum tally_decode decode(size_t part)
{
    const struct tally_sum sum = {got, &got_names, &got_names, &texts, 0};
    return tally_decode(&sum, parts[part], lengths[part]);
}

static void decode_all(void)
{
    for (size_t i = part_count; i-- > 0;) { /* in any order */
        ck_assert_int_eq(decode(i), TALLY_DECODE_OK);
    }
}

static void fill(size_t results)
{
    for (size_t i = 0; i < results; i++) {
        struct result result = tallies_random_result(&chance, &texts);
        tally_add(written, &result);
        histogram_record(&written->loop, result.lag_ns);
    }
}

START_TEST(what_is_written_is_read_back)
{
    name_rows(&names, "row %zu", 0, ROWS_MAX);
    name_rows(&got_names, "row %zu", 0, ROWS_MAX);
    size_t results = (size_t[]){0, 1, 2, RESULTS}[_i % 4];
    fill(results);
    encode(_i < 4 ? TALLY_PART_MIN : TALLY_PART_MAX);
    ck_assert(results < RESULTS || _i >= 4 || part_count > 5);
    decode_all();
    ck_assert(tallies_are_equal(written, got));
    fill(RESULTS); /* merging what was read is merging what was written */
    struct tally *sum = tally_create(true, true);
    tally_merge(sum, written);
    tally_merge(sum, got);
    encode(TALLY_PART_MAX);
    decode_all();
    ck_assert(tallies_are_equal(sum, got));
    tally_destroy(sum);
}
END_TEST

/* Rows have other numbers in the sum, and the text of an error is that of its pool. */
START_TEST(failures_are_read_back_by_name)
{
    name_rows(&names, "row %zu", 0, 3);
    name_rows(&got_names, "row %zu", 2, 1);
    for (uint16_t row = 0; row < 3; row++) {
        for (unsigned i = 0; i < 10U + row; i++) {
            struct result result = {.intended_ns = 1000 * (row + 1U) + i,
                                    .row = row,
                                    .outcome = OUTCOME_TIMED_OUT,
                                    .error = text_pool_intern(&texts, i % 2 ? "slow" : "stuck")};
            tally_add(written, &result);
        }
    }
    written->failures.unlisted = 7;
    encode(TALLY_PART_MIN);
    decode_all();
    decode_all();
    const struct failures *failures = &got->failures;
    ck_assert_uint_eq(failures->count, 6);
    ck_assert_uint_eq(failures->unlisted, 14);
    for (size_t i = 0; i < failures->count; i++) {
        const struct failure *one = &failures->list[i];
        uint64_t row = (uint64_t)rows_name(&got_names, one->row)[4] - '0';
        bool is_slow = strcmp(one->text, "slow") == 0;
        ck_assert_uint_eq(one->count, 2 * ((10 + row + !is_slow) / 2));
        ck_assert_uint_eq(one->first_ns, 1000 * (row + 1) + is_slow);
        ck_assert_uint_ge(one->last_ns, 1000 * (row + 1) + 8);
    }
}
END_TEST

/* A bucket for each power of two and more, and counts of any size. */
START_TEST(a_histogram_of_any_shape_is_read_back)
{
    struct histogram *h = &written->service;
    uint64_t count = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (random_below(&chance, (uint64_t)_i + 1) == 0) {
            uint64_t n = random_below(&chance, UINT64_C(1) << random_below(&chance, 49));
            h->buckets[i] = n;
            count += n;
            h->min_ns = count == n && n > 0 ? histogram_bucket_middle(i) : h->min_ns;
            h->max_ns = n > 0 ? histogram_bucket_middle(i) : h->max_ns;
        }
    }
    h->count = count;
    h->sum_ns = UINT64_MAX - count;
    if (_i % 3 == 0) {
        h->clipped = 5;
        h->count += 5;
        h->max_ns = UINT64_MAX - h->min_ns;
    }
    encode(TALLY_PART_MIN);
    decode_all();
    ck_assert(histograms_are_equal(&got->service, h));
}
END_TEST

START_TEST(rows_are_merged_by_name)
{
    name_rows(&names, "row %zu", 0, 4);
    rows_add(&got_names, "row 9");
    rows_add(&got_names, "row 2");
    for (uint16_t row = 0; row < 4; row++) {
        struct result result = {.service_ns = row, .code = 200, .row = row, .address_row = row};
        tally_add(written, &result);
    }
    encode(TALLY_PART_MIN);
    decode_all();
    ck_assert_uint_eq(got_names.count, 5);
    ck_assert_uint_eq(got->rows[0].ended, 0);
    ck_assert_uint_eq(got->rows[1].ended, 1);
    ck_assert_uint_eq(got->rows[1].latency.max_ns, 2);
    ck_assert_str_eq(rows_name(&got_names, 2), "row 0");
    ck_assert_uint_eq(got->addresses[4].latency.max_ns, 3);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        ck_assert(!rows_is_partial(&got_names, i));
    }
}
END_TEST

/* One process counted row 518 as "other", another one gave it a row. */
START_TEST(a_row_that_another_table_counts_as_other_is_partial)
{
    struct result result = {.row = ROWS_OTHER, .address_row = ROWS_OTHER, .code = 200};
    name_rows(&names, "row %zu", 0, ROWS_MAX + 10);
    name_rows(&got_names, "row %zu", ROWS_MAX - 4, 14);
    tally_add(written, &result);
    encode(TALLY_PART_MIN);
    ck_assert(!rows_is_partial(&got_names, 4));
    decode_all();
    decode_all(); /* each second again */
    ck_assert_uint_eq(got->rows[ROWS_OTHER].ended, 2);
    ck_assert_uint_eq(got_names.others, 10);
    ck_assert_uint_eq(got_names.count, 14);
    rows_add(&got_names, "row 999");
    rows_add(&got_names, "row 0");
    for (size_t i = 0; i < 15; i++) {
        ck_assert_int_eq(rows_is_partial(&got_names, i), i >= 4); /* row 512 and later */
    }
    ck_assert(!rows_is_partial(&got_names, 15)); /* row 0 has a row in both */
    ck_assert(!rows_is_partial(&got_names, ROWS_OTHER));
}
END_TEST

START_TEST(a_name_for_which_no_row_is_left_counts_as_other)
{
    struct result result = {.row = 0, .code = 200};
    rows_add(&names, "one more");
    name_rows(&got_names, "row %zu", 0, ROWS_MAX);
    tally_add(written, &result);
    encode(TALLY_PART_MIN);
    decode_all();
    decode_all();
    ck_assert_uint_eq(got->rows[ROWS_OTHER].ended, 2);
    ck_assert_uint_eq(got_names.others, 1);
}
END_TEST

/* The sign has three bytes. */
static void fill_with_euros(char *text, size_t size)
{
    static const unsigned char euro[] = {0xE2, 0x82, 0xAC};
    for (size_t i = 0; i + sizeof euro < size; i += sizeof euro) {
        memcpy(text + i, euro, sizeof euro);
    }
}

START_TEST(long_texts_are_cut_between_characters)
{
    static char text[3 * TALLY_TEXT_MAX];
    static char name[3 * TALLY_NAME_MAX];
    fill_with_euros(text, sizeof text);
    fill_with_euros(name, sizeof name);
    rows_add(&names, name);
    struct result result = {.error = text_pool_intern(&texts, text)};
    tally_add(written, &result);
    encode(TALLY_PART_MIN);
    decode_all();
    ck_assert_uint_eq(got->error_count, 1);
    ck_assert_uint_eq(strlen(got->errors[0].text), TALLY_TEXT_MAX - TALLY_TEXT_MAX % 3);
    ck_assert_ptr_eq(got->kinds[OUTCOME_ANSWERED].example, got->errors[0].text);
    ck_assert_uint_eq(strlen(rows_name(&got_names, 0)), TALLY_NAME_MAX - TALLY_NAME_MAX % 3);
}
END_TEST

START_TEST(moments_are_shifted)
{
    const struct tally_sum sum = {got, &got_names, &got_names, &texts, 1000};
    struct result result = {.intended_ns = 5, .lag_ns = 2, .service_ns = 3};
    encode(TALLY_PART_MIN); /* without results there is none */
    ck_assert_int_eq(tally_decode(&sum, parts[0], lengths[0]), TALLY_DECODE_OK);
    ck_assert_uint_eq(got->first_intended_ns, UINT64_MAX);
    ck_assert_uint_eq(got->end_ns, 0);
    tally_add(written, &result);
    encode(TALLY_PART_MIN);
    ck_assert_int_eq(tally_decode(&sum, parts[0], lengths[0]), TALLY_DECODE_OK);
    ck_assert_uint_eq(got->first_intended_ns, 1005);
    ck_assert_uint_eq(got->last_started_ns, 1007);
    ck_assert_uint_eq(got->end_ns, 1010);
}
END_TEST

/* As precise as a bucket of the histogram, so exact with bounds that none straddles. */
START_TEST(latencies_are_counted_by_bounds_as_well)
{
    const struct buckets bounds = {.count = 3, .from_ns = {0, 1 << 20, 1 << 30}};
    fill(RESULTS);
    struct tally *expected = tally_create(true, true);
    tally_count_by(expected, &bounds);
    tally_count_by(got, &bounds);
    encode(TALLY_PART_MIN);
    decode_all();
    ck_assert_uint_gt(got->buckets.counts[2], 0);
    for (size_t i = 0; i < 3; i++) {
        uint64_t to_ns = i < 2 ? bounds.from_ns[i + 1] : UINT64_MAX;
        ck_assert_uint_eq(got->buckets.counts[i],
                          histogram_count_between(&written->latency, bounds.from_ns[i], to_ns) +
                              (i == 2 ? written->latency.clipped : 0));
    }
    tally_destroy(expected);
}
END_TEST

START_TEST(a_part_that_is_cut_or_changed_adds_nothing)
{
    name_rows(&names, "row %zu", 0, 3);
    fill(20);
    encode(TALLY_PART_MIN);
    struct tally *empty = tally_create(true, true);
    for (size_t n = 0; n < lengths[0]; n += n < 200 ? 1 : 17) {
        uint8_t *cut = malloc(n ? n : 1);
        const struct tally_sum sum = {got, &got_names, &got_names, &texts, 0};
        memcpy(cut, parts[0], n);
        if (tally_decode(&sum, cut, n) == TALLY_DECODE_OK) { /* at the end of an item */
            tally_clear(got);
        }
        ck_assert(tallies_are_equal(got, empty));
        free(cut);
    }
    parts[0][0] = TALLY_CODEC_VERSION + 1;
    ck_assert_int_eq(decode(0), TALLY_DECODE_NEWER);
    parts[0][0] = TALLY_CODEC_OLDEST - 1;
    ck_assert_int_eq(decode(0), TALLY_DECODE_BAD);
    ck_assert(tallies_are_equal(got, empty));
    tally_destroy(empty);
}
END_TEST

/* Numbers that no histogram can have. */
static const struct {
    uint8_t bytes[40];
    size_t length;
    bool is_good;
} pieces[] = {
    /* pairs clipped min span sum bucket gap count */
    {{1, 0, 5, 0, 5, 5, 0, 1}, 8, true},
    {{1, 0, 5, 0, 5, 5, 0, 1}, 7, false},                          /* cut */
    {{0, 0, 5, 0, 5, 5}, 6, false},                                /* empty */
    {{1, 0, 5, 0, 5, 4, 0, 1}, 8, false},                          /* before the minimum */
    {{1, 0, 5, 0, 5, 5, 1, 1}, 8, false},                          /* behind the maximum */
    {{5, 0, 5, 3, 5, 5, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, 16, false}, /* the same, in four */
    {{4, 0, 5, 3, 5, 5, 0, 1, 0, 1, 0, 1, 0, 1}, 14, true},
    {{4, 0, 5, 3, 5, 5, 0, 1, 0, 1, 0, 0, 0, 1}, 14, false}, /* a bucket without values */
    {{1, 1, 5, 0, 5, 5, 0, 1}, 8, false},                    /* clipped, and yet short */
    {{1, 0, 5, 0, 5, 5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 1}, 17, false},
    {{1, 0, 5, 0, 5, 5, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}, 15, false}, /* 2^49 */
};

START_TEST(a_piece_of_a_histogram_is_checked)
{
    uint8_t *copy = malloc(pieces[_i].length);
    memcpy(copy, pieces[_i].bytes, pieces[_i].length);
    const uint8_t *at = copy;
    ck_assert_int_eq(histogram_check(&at, copy + pieces[_i].length), pieces[_i].is_good);
    ck_assert(!pieces[_i].is_good || at == copy + pieces[_i].length);
    free(copy);
}
END_TEST

static void fill_histogram(struct histogram *h)
{
    for (uint32_t bucket = 15000, n = 0; n < 500; n++) {
        bucket += 1 + (uint32_t)random_below(&chance, 4);
        ck_assert_uint_lt(bucket, HISTOGRAM_BUCKETS);
        uint64_t count = 1 + random_below(&chance, 100);
        for (uint64_t i = 0; i < count; i++) {
            histogram_record(h, histogram_bucket_middle(bucket));
        }
    }
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void fill_histograms(void)
{
#define X(name, label) fill_histogram(&written->name);
    TIMINGS(X)
#undef X
#define X(name) fill_histogram(&written->name);
    UNANSWERED(X)
    X(loop)
#undef X
    for (size_t i = 0; i < 5; i++) {
        tally_use_row(written->rows, i)->ended = 1;
#define X(name) fill_histogram(&written->rows[i].name);
        ROW_HISTOGRAMS(X)
#undef X
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/*
 * CPU time for the 17,000 buckets of 34 histograms: docs/decisions.md has the figure. The fastest
 * of many is judged by what tally_merge takes, so that a slow machine and a sanitizer change
 * nothing. tests/e2e/36_tally_codec.sh judges the median, which is printed.
 */
START_TEST(adding_five_rows_of_500_buckets_a_histogram_costs_about_a_merge)
{
    enum { TIMES = 100 };
    uint64_t add_ns[TIMES];
    uint64_t merge_ns = UINT64_MAX;
    name_rows(&names, "row %zu", 0, 5);
    fill_histograms();
    encode(TALLY_PART_MAX);
    ck_assert_uint_eq(part_count, 1);
    for (int i = 0; i < TIMES; i++) {
        uint64_t begin_ns = cpu_ns();
        ck_assert_int_eq(decode(0), TALLY_DECODE_OK);
        uint64_t end_ns = cpu_ns();
        add_ns[i] = end_ns - begin_ns;
        tally_merge(got, written);
        merge_ns = cpu_ns() - end_ns < merge_ns ? cpu_ns() - end_ns : merge_ns;
    }
    qsort(add_ns, TIMES, sizeof *add_ns, compare);
    uint64_t median_ns = add_ns[TIMES / 2];
    printf("tally_codec: %zu bytes added in %.1f us, median %.1f us, merged in %.1f us\n",
           lengths[0], (double)add_ns[0] / 1000, (double)median_ns / 1000, (double)merge_ns / 1000);
    ck_assert_uint_lt(add_ns[0], 4 * merge_ns);
}
END_TEST

Suite *tally_codec_suite(void);
Suite *tally_codec_suite(void)
{
    Suite *suite = suite_create("tally_codec");
    TCase *tests = tcase_create("tally_codec");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_is_written_is_read_back, 0, 8);
    tcase_add_test(tests, failures_are_read_back_by_name);
    tcase_add_loop_test(tests, a_histogram_of_any_shape_is_read_back, 0, 12);
    tcase_add_test(tests, rows_are_merged_by_name);
    tcase_add_test(tests, a_row_that_another_table_counts_as_other_is_partial);
    tcase_add_test(tests, a_name_for_which_no_row_is_left_counts_as_other);
    tcase_add_test(tests, long_texts_are_cut_between_characters);
    tcase_add_test(tests, moments_are_shifted);
    tcase_add_test(tests, latencies_are_counted_by_bounds_as_well);
    tcase_add_test(tests, a_part_that_is_cut_or_changed_adds_nothing);
    tcase_add_loop_test(tests, a_piece_of_a_histogram_is_checked, 0,
                        sizeof pieces / sizeof pieces[0]);
    tcase_add_test(tests, adding_five_rows_of_500_buckets_a_histogram_costs_about_a_merge);
    suite_add_tcase(suite, tests);
    return suite;
}
