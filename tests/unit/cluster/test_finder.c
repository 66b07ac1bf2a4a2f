/* Finding workers in a list. */
#include <check.h>
#include <stdio.h>

#include "loadgen/cluster/wire/finder.h"

enum { WORKERS = 3000 };

static struct wire_worker worker_of(size_t i, uint64_t incarnation)
{
    struct wire_worker worker = {.incarnation = incarnation};
    snprintf(worker.name, sizeof worker.name, "worker-%zu", i);
    return worker;
}

/* Incarnations that are all different, or all the same. */
static const uint64_t steps[] = {UINT64_C(0x9e3779b97f4a7c15), 1, 0};

START_TEST(each_is_found_at_its_place)
{
    struct finder finder = {0};
    struct wire_worker worker = worker_of(0, 0);
    ck_assert_uint_eq(finder_find(&finder, &worker), FINDER_NONE);
    for (size_t i = 0; i < WORKERS; i++) {
        worker = worker_of(i, i * steps[_i]);
        ck_assert_uint_eq(finder_find(&finder, &worker), FINDER_NONE);
        finder_add(&finder, &worker, i);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        worker = worker_of(i, i * steps[_i]);
        ck_assert_uint_eq(finder_find(&finder, &worker), i);
        worker.incarnation ^= 1; /* another process of this name */
        ck_assert_uint_eq(finder_find(&finder, &worker), FINDER_NONE);
    }
    finder_free(&finder);
}
END_TEST

START_TEST(a_cleared_finder_finds_nothing)
{
    struct finder finder = {0};
    struct wire_worker worker = worker_of(1, 7);
    finder_clear(&finder);
    finder_add(&finder, &worker, 5);
    finder_clear(&finder);
    ck_assert_uint_eq(finder_find(&finder, &worker), FINDER_NONE);
    finder_add(&finder, &worker, 6);
    ck_assert_uint_eq(finder_find(&finder, &worker), 6);
    finder_free(&finder);
}
END_TEST

Suite *finder_suite(void);
Suite *finder_suite(void)
{
    Suite *suite = suite_create("finder");
    TCase *tests = tcase_create("finder");
    tcase_add_loop_test(tests, each_is_found_at_its_place, 0, sizeof steps / sizeof steps[0]);
    tcase_add_test(tests, a_cleared_finder_finds_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
