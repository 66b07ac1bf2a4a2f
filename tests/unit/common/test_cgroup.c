#include <check.h>

#include "common/process/cgroup.h"

START_TEST(v2_takes_the_smallest_limit_up_the_tree)
{
    struct cgroup_cpu cpu = cgroup_read_cpu("tests/data/cgroup/v2");
    ck_assert_double_eq_tol(cpu.limit_cpus, 0.5, 1e-9);
    ck_assert(cpu.has_stat);
    ck_assert_uint_eq(cpu.throttled_periods, 17);
    ck_assert_uint_eq(cpu.throttled_ns, 1234567000);
}
END_TEST

START_TEST(v2_without_a_limit_has_none)
{
    struct cgroup_cpu cpu = cgroup_read_cpu("tests/data/cgroup/v2-unlimited");
    ck_assert_double_eq(cpu.limit_cpus, 0);
    ck_assert(cpu.has_stat);
    ck_assert_uint_eq(cpu.throttled_ns, 0);
}
END_TEST

START_TEST(v1_reads_quota_over_period)
{
    struct cgroup_cpu cpu = cgroup_read_cpu("tests/data/cgroup/v1");
    ck_assert_double_eq_tol(cpu.limit_cpus, 1.5, 1e-9);
    ck_assert(cpu.has_stat);
    ck_assert_uint_eq(cpu.throttled_periods, 3);
    ck_assert_uint_eq(cpu.throttled_ns, 98765432);
}
END_TEST

START_TEST(v1_in_a_container_falls_back_to_the_root_of_the_mount)
{
    struct cgroup_cpu cpu = cgroup_read_cpu("tests/data/cgroup/v1-container");
    ck_assert_double_eq_tol(cpu.limit_cpus, 0.1, 1e-9);
    ck_assert_uint_eq(cpu.throttled_ns, 42);
}
END_TEST

START_TEST(a_machine_without_cgroups_has_no_limit)
{
    struct cgroup_cpu cpu = cgroup_read_cpu("tests/data/cgroup/nowhere");
    ck_assert_double_eq(cpu.limit_cpus, 0);
    ck_assert(!cpu.has_stat);
}
END_TEST

START_TEST(usable_cpus_are_rounded_up_and_never_none)
{
    ck_assert_uint_eq(cgroup_usable_cpus(0.1), 1);
    ck_assert_uint_eq(cgroup_usable_cpus(1.0), 1);
    ck_assert_uint_ge(cgroup_usable_cpus(0), 1);
    ck_assert_uint_eq(cgroup_usable_cpus(100000), cgroup_usable_cpus(0));
}
END_TEST

Suite *cgroup_suite(void);
Suite *cgroup_suite(void)
{
    Suite *suite = suite_create("cgroup");
    TCase *tests = tcase_create("cgroup");
    tcase_add_test(tests, v2_takes_the_smallest_limit_up_the_tree);
    tcase_add_test(tests, v2_without_a_limit_has_none);
    tcase_add_test(tests, v1_reads_quota_over_period);
    tcase_add_test(tests, v1_in_a_container_falls_back_to_the_root_of_the_mount);
    tcase_add_test(tests, a_machine_without_cgroups_has_no_limit);
    tcase_add_test(tests, usable_cpus_are_rounded_up_and_never_none);
    suite_add_tcase(suite, tests);
    return suite;
}
