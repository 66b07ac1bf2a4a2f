/* Not under tsan: one thread. */
#include <check.h>

#include "common/clock.h"
#include "loadgen/web/access/tries.h"

START_TEST(more_than_a_few_wrong_tokens_have_to_wait)
{
    struct tries tries = {0};
    uint64_t begin_ns = 7 * NS_PER_S;
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        ck_assert_uint_eq(tries_add(&tries, begin_ns + i), 0);
    }
    ck_assert_uint_eq(tries_add(&tries, begin_ns + TRIES_MAX), TRIES_S);
    ck_assert_uint_eq(tries_add(&tries, begin_ns + NS_PER_S), TRIES_S - 1);
    ck_assert_uint_eq(tries_add(&tries, begin_ns + TRIES_S * NS_PER_S - 1), 1);
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        ck_assert_uint_eq(tries_add(&tries, begin_ns + TRIES_S * NS_PER_S), 0);
    }
    ck_assert_uint_eq(tries_add(&tries, begin_ns + TRIES_S * NS_PER_S), TRIES_S);
}
END_TEST

START_TEST(a_few_wrong_tokens_do_not_wait)
{
    struct tries tries = {0};
    for (uint64_t second = 0; second < 1000; second += TRIES_S / TRIES_MAX) {
        ck_assert_uint_eq(tries_add(&tries, second * NS_PER_S), 0);
    }
}
END_TEST

Suite *tries_suite(void);
Suite *tries_suite(void)
{
    Suite *suite = suite_create("tries");
    TCase *tests = tcase_create("tries");
    tcase_add_test(tests, more_than_a_few_wrong_tokens_have_to_wait);
    tcase_add_test(tests, a_few_wrong_tokens_do_not_wait);
    suite_add_tcase(suite, tests);
    return suite;
}
