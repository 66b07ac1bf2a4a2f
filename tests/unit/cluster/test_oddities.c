/* Not under tsan: one thread. */
/* A worker that is not like the others is found, and only that. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/cluster/oddities.h"
#include "loadgen/cluster/outlier.h"
#include "tests/support/worker_tallies.h"

enum { VALUES = 6, WORKERS = 5, ROOM = 8 };

static const struct {
    double values[VALUES];
    size_t count;
    unsigned odd; /* bit i: value i */
} cases[] = {
    {{0}, 0, 0},
    {{1}, 1, 0},
    {{1, 100}, 2, 0}, /* which one? */
    {{100, 100, 111}, 3, 4},
    {{100, 100, 110}, 3, 0}, /* 10% */
    {{100, 100, 80}, 3, 4},
    {{100, 101, 102, 103, 104, 200}, 6, 32},
    {{100, 120, 140, 160, 180, 200}, 6, 0}, /* all differ */
    {{100, 102, 104, 106, 108, 118}, 6, 0}, /* within five deviations of 3 */
    {{0, 0, 0, 0, 0, 1}, 6, 32},
    {{5, 5, 5, 5, 50, 500}, 6, 48},
    {{0, 0, 0, 0, 0, 0}, 6, 0},
};

START_TEST(what_stands_out_is_found)
{
    bool odd[VALUES];
    unsigned found = 0;
    size_t count = outlier_find(cases[_i].values, cases[_i].count, odd);
    for (size_t i = 0; i < cases[_i].count; i++) {
        found |= (unsigned)odd[i] << i;
    }
    ck_assert_uint_eq(found, cases[_i].odd);
    ck_assert_uint_eq(count, (size_t)__builtin_popcount(found));
}
END_TEST

START_TEST(the_median_is_in_the_middle)
{
    ck_assert(outlier_median((double[]){3, 1, 2}, 3) == 2);
    ck_assert(outlier_median((double[]){4, 1, 2, 3}, 4) == 2.5);
    ck_assert(outlier_median(NULL, 0) == 0);
}
END_TEST

static struct merge *merge;
static struct worker_tallies workers[WORKERS];

static void put(void *context, struct slice message)
{
    struct wire_tally tally;
    (void)context;
    ck_assert_int_eq(wire_read_tally(message, &tally), WIRE_READ_OK);
    tally.at_end.p50_ns = 10 * NS_PER_MS;
    tally.at_end.p99_ns = 20 * NS_PER_MS;
    tally.at_end.lag_p99_ns = 0;
    tally.at_end.generator.cpu_limit = 1;
    tally.at_end.generator.wall_seconds = 10;
    tally.at_end.generator.cpu_seconds = 5;
    if (strcmp(tally.from.name, "worker-3") == 0) {
        tally.at_end.p99_ns = 412 * NS_PER_MS;
        tally.at_end.generator.cpu_seconds = 9.5;
        tally.at_end.generator.throttled_seconds = 1;
    }
    ck_assert_int_eq(merge_take(merge, &tally, NS_PER_S), MERGE_TAKEN);
}

START_TEST(a_worker_that_differs_is_named)
{
    struct oddity list[ROOM];
    char text[ODDITY_TEXT];
    const struct merge_config config = {.run = WORKER_TALLIES_RUN, .summary = summary_create()};
    merge = merge_create(&config);
    for (size_t i = 0; i < WORKERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "worker-%zu", i);
        worker_tallies_init(&workers[i], name, i, i);
        ck_assert(merge_expect(merge, &workers[i].next.from, 0));
        ck_assert(i >= OUTLIER_LEAST || oddities_find(merge, list, ROOM) == 0);
        worker_tallies_second(&workers[i], 10, put, NULL);
    }
    ck_assert_uint_eq(oddities_find(merge, list, ROOM), 3);
    ck_assert_str_eq(oddity_print(&list[0], text),
                     "latency p99 412ms (median of all workers 20ms)");
    ck_assert_str_eq(oddity_print(&list[1], text), "CPU 95% (median of all workers 50%)");
    ck_assert_str_eq(oddity_print(&list[2], text), "throttled 10% (median of all workers 0%)");
    ck_assert_uint_eq(list[0].worker, 3);
    ck_assert_uint_eq(oddities_find(merge, list, 1), 1);
    merge_lose(merge, &workers[3].next.from, 100);
    ck_assert_uint_eq(oddities_find(merge, list, ROOM), 0);
    for (size_t i = 0; i < WORKERS; i++) {
        worker_tallies_fini(&workers[i]);
    }
    merge_destroy(merge);
    summary_destroy(config.summary);
}
END_TEST

Suite *oddities_suite(void);
Suite *oddities_suite(void)
{
    Suite *suite = suite_create("oddities");
    TCase *tests = tcase_create("oddities");
    tcase_add_loop_test(tests, what_stands_out_is_found, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, the_median_is_in_the_middle);
    tcase_add_test(tests, a_worker_that_differs_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
