#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "loadgen/run/fingerprint.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "(null)";
}

START_TEST(a_recorded_machine_is_told_as_it_is)
{
    setenv("HEADROOM_POD", "loadgen-0", 1);
    setenv("HEADROOM_NODE", "node-1 ", 1);
    unsetenv("HEADROOM_NAMESPACE");
    json_t *found = fingerprint_take("tests/data/machine");
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(text_of(found, "cpu_model"), "Example CPU @ 2.20GHz");
    ck_assert_str_eq(text_of(found, "clock"), "tsc");
    ck_assert_double_eq(json_real_value(json_object_get(found, "load_average")), 0.25);
    ck_assert_str_eq(text_of(found, "pod"), "loadgen-0");
    ck_assert_str_eq(text_of(found, "node"), "node-1");
    ck_assert(json_is_null(json_object_get(found, "namespace")));
    json_decref(found);
    ck_assert_double_eq(fingerprint_stolen_s("tests/data/machine"),
                        150.0 / (double)sysconf(_SC_CLK_TCK));
}
END_TEST

START_TEST(this_machine_has_a_kernel_cores_limits_and_a_clock)
{
    json_t *found = fingerprint_take("");
    ck_assert_ptr_nonnull(found);
    ck_assert_str_ne(text_of(found, "kernel"), "(null)");
    ck_assert_int_gt(json_integer_value(json_object_get(found, "cores")), 0);
    ck_assert_int_gt(json_integer_value(json_object_get(found, "open_files")), 0);
    ck_assert_int_gt(json_integer_value(json_object_get(found, "local_ports")), 0);
    ck_assert_double_gt(json_real_value(json_object_get(found, "cpu_limit")), 0);
    json_int_t cost_ns = json_integer_value(json_object_get(found, "clock_read_ns"));
    ck_assert_int_gt(cost_ns, 0);
    ck_assert_int_lt(cost_ns, 100000);
    json_decref(found);
}
END_TEST

START_TEST(what_the_system_does_not_tell_is_null)
{
    json_t *found = fingerprint_take("tests/data/nowhere");
    ck_assert_ptr_nonnull(found);
    ck_assert(json_is_null(json_object_get(found, "cpu_model")));
    ck_assert(json_is_null(json_object_get(found, "clock")));
    ck_assert(json_is_null(json_object_get(found, "load_average")));
    ck_assert(json_is_null(json_object_get(found, "memory_limit")));
    json_decref(found);
    ck_assert_double_eq(fingerprint_stolen_s("tests/data/nowhere"), -1);
}
END_TEST

Suite *fingerprint_suite(void);
Suite *fingerprint_suite(void)
{
    Suite *suite = suite_create("fingerprint");
    TCase *tests = tcase_create("fingerprint");
    tcase_add_test(tests, a_recorded_machine_is_told_as_it_is);
    tcase_add_test(tests, this_machine_has_a_kernel_cores_limits_and_a_clock);
    tcase_add_test(tests, what_the_system_does_not_tell_is_null);
    suite_add_tcase(suite, tests);
    return suite;
}
