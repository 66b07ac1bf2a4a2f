/* Not under tsan: one thread. */
#include <check.h>
#include <stdlib.h>

#include "loadgen/base/random.h"
#include "loadgen/web/history/history.h"

enum { SECONDS_MAX = 3000 };

static struct history history;
static struct histogram latencies[SECONDS_MAX]; /* of each second */
static struct histogram lag;
static struct histogram sum;

static void teardown(void)
{
    history_fini(&history);
    for (size_t i = 0; i < SECONDS_MAX; i++) {
        histogram_fini(&latencies[i]);
    }
    histogram_fini(&lag);
    histogram_fini(&sum);
}

/* Some seconds have no requests, some only a few. */
static void add_second(uint64_t i)
{
    struct random random = {.state = i};
    histogram_clear(&latencies[i]);
    histogram_clear(&lag);
    uint64_t requests = i % 7 == 0 ? 0 : random_next(&random) % 40;
    for (uint64_t k = 0; k < requests; k++) {
        histogram_record(&latencies[i], 1000 + random_next(&random) % (1000000 * (1 + i % 5)));
        histogram_record(&lag, k);
    }
    const struct history_second second = {
        .intended = requests + 1,
        .started = requests,
        .ended = requests,
        .failures = i % 2,
        .bytes_in = 10 * requests,
        .cpu_ns = i,
        .throttled_ns = 1,
        .users = i,
        .in_flight = i % 13,
        .latency = &latencies[i],
        .lag = &lag,
    };
    history_add(&history, &second);
}

static void check_times(const struct history_point *point)
{
    uint64_t worst_ns = 0;
    histogram_clear(&sum);
    for (uint64_t i = point->first; i < point->first + point->seconds; i++) {
        uint64_t p99_ns = histogram_percentile(&latencies[i], 990000);
        histogram_merge(&sum, &latencies[i]);
        worst_ns = p99_ns > worst_ns ? p99_ns : worst_ns;
    }
    const struct history_times *latency = &point->latency;
    ck_assert_uint_eq(latency->p50_ns, histogram_percentile(&sum, 500000));
    ck_assert_uint_eq(latency->p95_ns, histogram_percentile(&sum, 950000));
    ck_assert_uint_eq(latency->p99_ns, histogram_percentile(&sum, 990000));
    ck_assert_uint_eq(latency->max_ns, sum.count > 0 ? sum.max_ns : 0);
    ck_assert_uint_eq(latency->worst_p99_ns, worst_ns);
    ck_assert_uint_eq(point->ended, sum.count);

    struct histogram again = {0};
    histogram_clear(&again);
    history_add_latency(point, &again);
    ck_assert_uint_eq(again.count, sum.count);
    ck_assert_uint_eq(again.sum_ns, sum.sum_ns);
    ck_assert_uint_eq(again.min_ns, sum.min_ns);
    histogram_fini(&again);
}

/* Every point says what its seconds say together, and no second is lost. */
static void check_all(uint64_t seconds)
{
    uint64_t next = 0;
    for (size_t i = 0; i < history.count; i++) {
        const struct history_point *point = &history.points[i];
        uint64_t last = point->first + point->seconds - 1;
        ck_assert_uint_eq(point->first, next);
        ck_assert_uint_eq(point->first % history.width, 0);
        ck_assert(point->seconds == history.width ||
                  (i + 1 == history.count && point->seconds < history.width));
        ck_assert_uint_eq(point->users, last);
        ck_assert_uint_eq(point->in_flight, point->seconds >= 13 ? 12 : point->in_flight);
        ck_assert_uint_eq(point->cpu_ns, (point->first + last) * point->seconds / 2);
        ck_assert_uint_eq(point->throttled_ns, point->seconds);
        ck_assert_uint_eq(point->intended, point->started + point->seconds);
        ck_assert_uint_eq(point->bytes_in, 10 * point->ended);
        check_times(point);
        next += point->seconds;
    }
    ck_assert_uint_eq(next, seconds);
}

START_TEST(points_are_exact_however_long_the_run)
{
    ck_assert(history_init(&history, 20, SIZE_MAX));
    for (uint64_t i = 0; i < SECONDS_MAX; i++) {
        add_second(i);
        ck_assert_uint_le(history.count, 20);
        if (i < 100 || i % 97 == 0) {
            check_all(i + 1);
        }
    }
    check_all(SECONDS_MAX);
    ck_assert_uint_eq(history.width, 256);
}
END_TEST

START_TEST(every_second_is_kept_while_there_is_room)
{
    ck_assert(history_init(&history, 20, SIZE_MAX));
    for (uint64_t i = 0; i < 20; i++) {
        add_second(i);
        ck_assert_uint_eq(history.count, i + 1);
    }
    ck_assert_uint_eq(history.width, 1);
    add_second(20);
    ck_assert_uint_eq(history.width, 2);
    ck_assert_uint_eq(history.count, 11);
}
END_TEST

START_TEST(bytes_are_limited)
{
    ck_assert(history_init(&history, 1000, 40000));
    for (uint64_t i = 0; i < 1000; i++) {
        add_second(i);
        ck_assert(history.bytes <= 40000 || history.count == 1);
    }
    ck_assert_uint_gt(history.width, 1);
    check_all(1000);
}
END_TEST

/* To merge all points at once would take long. */
START_TEST(pairs_are_merged_ahead)
{
    ck_assert(history_init(&history, 20, SIZE_MAX));
    for (uint64_t i = 0; i < 500; i++) {
        size_t missing = history.count / 2 - history.pair_count;
        bool is_full = history.count == 20 && history.points[19].seconds == history.width;
        ck_assert(!is_full || missing == 0);
        add_second(i);
        ck_assert_uint_le(history.pair_count, history.count / 2);
    }
    check_all(500);
}
END_TEST

START_TEST(a_full_history_keeps_room_for_its_pairs)
{
    ck_assert(history_init(&history, 1000, 100000));
    uint64_t width = history.width;
    size_t pairs = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        size_t missing = history.count / 2 - history.pair_count;
        add_second(i);
        if (history.width > width) {
            ck_assert_uint_le(missing, 3);
            pairs++;
        }
        width = history.width;
    }
    ck_assert_uint_ge(pairs, 2);
    check_all(1000);
}
END_TEST

START_TEST(sums_can_be_added_later)
{
    const struct history_second more = {.target_cpu_known_ns = 10, .target_cpu_ns = 7};
    ck_assert(history_init(&history, 20, SIZE_MAX));
    history_amend(&history, &more);
    ck_assert_uint_eq(history.count, 0);
    for (uint64_t i = 0; i < 40; i++) {
        add_second(i);
        history_amend(&history, &more);
    }
    check_all(40);
    for (size_t i = 0; i < history.count; i++) {
        ck_assert_uint_eq(history.points[i].target_cpu_ns, 7 * history.points[i].seconds);
        ck_assert_uint_eq(history.points[i].target_cpu_known_ns, 10 * history.points[i].seconds);
    }
}
END_TEST

START_TEST(a_copy_stays)
{
    struct history_points copy;
    ck_assert(history_init(&history, 20, SIZE_MAX));
    history_copy(&history, &copy);
    ck_assert_uint_eq(copy.count, 0);
    history_points_free(&copy);
    for (uint64_t i = 0; i < 15; i++) {
        add_second(i);
    }
    history_copy(&history, &copy);
    history_clear(&history);
    ck_assert_uint_eq(copy.count, 15);
    for (size_t i = 0; i < copy.count; i++) {
        ck_assert_uint_eq(copy.list[i].first, i);
        check_times(&copy.list[i]);
    }
    history_points_free(&copy);
}
END_TEST

START_TEST(another_run_begins_anew)
{
    ck_assert(history_init(&history, 4, SIZE_MAX));
    for (uint64_t i = 0; i < 9; i++) {
        add_second(i);
    }
    history_clear(&history);
    ck_assert_uint_eq(history.count, 0);
    ck_assert_uint_eq(history.bytes, 0);
    add_second(0);
    add_second(1);
    ck_assert_uint_eq(history.width, 1);
    check_all(2);
}
END_TEST

Suite *history_suite(void);
Suite *history_suite(void)
{
    Suite *suite = suite_create("history");
    TCase *tests = tcase_create("history");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, points_are_exact_however_long_the_run);
    tcase_add_test(tests, every_second_is_kept_while_there_is_room);
    tcase_add_test(tests, bytes_are_limited);
    tcase_add_test(tests, pairs_are_merged_ahead);
    tcase_add_test(tests, a_full_history_keeps_room_for_its_pairs);
    tcase_add_test(tests, sums_can_be_added_later);
    tcase_add_test(tests, a_copy_stays);
    tcase_add_test(tests, another_run_begins_anew);
    suite_add_tcase(suite, tests);
    return suite;
}
