#include <check.h>

#include "common/process/cgroup_use.h"

START_TEST(v2_has_the_use_of_the_container_and_the_smallest_limit)
{
    struct cgroup_use use = cgroup_read_use("tests/data/cgroup/v2");
    ck_assert(use.has_cpu && use.has_memory && use.has_memory_limit && use.has_oom_kills);
    ck_assert_uint_eq(use.cpu_ns, 81234000);
    ck_assert_uint_eq(use.memory_limit_bytes, 314572800);
    ck_assert_uint_eq(use.memory_bytes, 8388608);
    ck_assert_uint_eq(use.oom_kills, 1);
}
END_TEST

START_TEST(v1_has_a_mount_for_each_controller)
{
    struct cgroup_use use = cgroup_read_use("tests/data/cgroup/v1");
    ck_assert(use.has_cpu && use.has_memory && use.has_memory_limit && use.has_oom_kills);
    ck_assert_uint_eq(use.cpu_ns, 123456789);
    ck_assert_uint_eq(use.memory_limit_bytes, 314572800);
    ck_assert_uint_eq(use.memory_bytes, 41943040);
    ck_assert_uint_eq(use.oom_kills, 2);
}
END_TEST

START_TEST(v1_in_a_container_falls_back_to_the_root_of_the_mounts)
{
    struct cgroup_use use = cgroup_read_use("tests/data/cgroup/v1-container");
    ck_assert(use.has_cpu && use.has_memory && use.has_memory_limit && use.has_oom_kills);
    ck_assert_uint_eq(use.cpu_ns, 55);
    ck_assert_uint_eq(use.memory_limit_bytes, 104857600);
    ck_assert_uint_eq(use.memory_bytes, 4096);
    ck_assert_uint_eq(use.oom_kills, 0);
}
END_TEST

START_TEST(what_is_not_there_is_not_made_up)
{
    struct cgroup_use use = cgroup_read_use("tests/data/cgroup/v2-unlimited");
    ck_assert(use.has_cpu);
    ck_assert_uint_eq(use.cpu_ns, 5000);
    ck_assert(!use.has_memory && !use.has_memory_limit && !use.has_oom_kills);
    use = cgroup_read_use("tests/data/cgroup/nowhere");
    ck_assert(!use.has_cpu && !use.has_memory && !use.has_memory_limit && !use.has_oom_kills);
}
END_TEST

Suite *cgroup_use_suite(void);
Suite *cgroup_use_suite(void)
{
    Suite *suite = suite_create("cgroup_use");
    TCase *tests = tcase_create("cgroup_use");
    tcase_add_test(tests, v2_has_the_use_of_the_container_and_the_smallest_limit);
    tcase_add_test(tests, v1_has_a_mount_for_each_controller);
    tcase_add_test(tests, v1_in_a_container_falls_back_to_the_root_of_the_mounts);
    tcase_add_test(tests, what_is_not_there_is_not_made_up);
    suite_add_tcase(suite, tests);
    return suite;
}
