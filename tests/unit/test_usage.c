#include <check.h>

#include "common/cgroup.h"
#include "common/clock.h"
#include "loadgen/run/usage.h"

static void burn(uint64_t ns)
{
    uint64_t until_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID) + ns;
    while (clock_read_ns(CLOCK_PROCESS_CPUTIME_ID) < until_ns) {
    }
}

START_TEST(what_was_used_before_is_not_counted)
{
    burn(200 * NS_PER_MS);
    struct usage usage = usage_begin();
    struct generator generator = {.threads = 3, .held_back_ns = 7};
    burn(50 * NS_PER_MS);
    usage_note(&usage, NS_PER_S, 3 * NS_PER_S, &generator);
    ck_assert_double_ge(generator.cpu_seconds, 0.045); /* the two clocks tick differently */
    ck_assert_double_lt(generator.cpu_seconds, 0.2);
    ck_assert_double_eq(generator.wall_seconds, 2);
    ck_assert_double_gt(generator.cpu_limit, 0);
    ck_assert_double_le(generator.cpu_limit, cgroup_usable_cpus(0));
    ck_assert_double_ge(generator.throttled_seconds, 0);
    ck_assert_uint_gt(generator.memory_bytes, 1 << 20);
    ck_assert_uint_eq(generator.threads, 3); /* not its own */
    ck_assert_uint_eq(generator.held_back_ns, 7);
}
END_TEST

START_TEST(before_the_start_no_time_has_passed)
{
    struct usage usage = usage_begin();
    struct generator generator = {.wall_seconds = 1};
    usage_note(&usage, 2 * NS_PER_S, NS_PER_S, &generator);
    ck_assert_double_eq(generator.wall_seconds, 0);
}
END_TEST

Suite *usage_suite(void);
Suite *usage_suite(void)
{
    Suite *suite = suite_create("usage");
    TCase *tests = tcase_create("usage");
    tcase_add_test(tests, what_was_used_before_is_not_counted);
    tcase_add_test(tests, before_the_start_no_time_has_passed);
    suite_add_tcase(suite, tests);
    return suite;
}
