#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/process/cgroup.h"
#include "target-api/options.h"

static struct target_options options;
static struct err err;

static enum cli_result parse(const char *flag, const char *value)
{
    static char words[3][32]; /* options point into argv */
    snprintf(words[0], sizeof words[0], "target-api");
    snprintf(words[1], sizeof words[1], "%s", flag ? flag : "");
    snprintf(words[2], sizeof words[2], "%s", value ? value : "");
    char *argv[] = {words[0], words[1], words[2], NULL};
    memset(&options, 0, sizeof options);
    memset(&err, 0, sizeof err);
    return target_options_parse(&options, flag ? 3 : 1, argv, &err);
}

START_TEST(the_defaults_are_those_that_are_promised)
{
    ck_assert_int_eq(parse(NULL, NULL), CLI_OK);
    ck_assert_str_eq(options.bind, "127.0.0.1");
    ck_assert_uint_eq(options.port, 5000);
    ck_assert_uint_eq(options.admin_port, 5001);
    ck_assert_ptr_null(options.store_path);
    ck_assert(!options.has_test_endpoints);
    ck_assert_uint_eq(options.limits.body_bytes, 1 << 20);
    ck_assert_uint_eq(options.limits.header_bytes, 8192);
    ck_assert_uint_ge(options.limits.connections, 10000);
    ck_assert_uint_ge(options.limits.users, 100000);
}
END_TEST

START_TEST(the_store_is_memory_or_a_file)
{
    ck_assert_int_eq(parse("-store", "sqlite:/a:b"), CLI_OK);
    ck_assert_str_eq(options.store_path, "/a:b");
    ck_assert_int_eq(parse("-store", "memory"), CLI_OK);
    ck_assert_ptr_null(options.store_path);
    static const char *const bad[] = {"sqlite:", "sqlite", "redis:x", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(parse("-store", bad[i]), CLI_BAD);
        ck_assert_int_eq(err.code, ERR_USAGE);
    }
}
END_TEST

START_TEST(a_limit_that_makes_no_sense_is_refused)
{
    static const char *const bad[][2] = {
        {"-idle-timeout", "0"},     {"-request-timeout", "0"},       {"-max-connections", "0"},
        {"-max-users", "2"},        {"-max-body-bytes", "67108865"}, {"-max-header-bytes", "511"},
        {"-request-timeout", "1s"}, {"-max-connections", "-1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(parse(bad[i][0], bad[i][1]), CLI_BAD);
        ck_assert_int_eq(err.code, ERR_USAGE);
    }
    ck_assert_int_eq(parse("-max-body-bytes", "67108864"), CLI_OK);
    ck_assert_uint_eq(options.limits.body_bytes, 67108864);
}
END_TEST

START_TEST(without_a_number_there_is_a_thread_for_each_cpu)
{
    unsigned cpus = cgroup_usable_cpus(cgroup_read_cpu("").limit_cpus);
    ck_assert_int_eq(parse(NULL, NULL), CLI_OK);
    ck_assert_uint_eq(options.threads, cpus);
    ck_assert_int_eq(parse("-threads", "0"), CLI_OK);
    ck_assert_uint_eq(options.threads, cpus);
    ck_assert_int_eq(parse("-threads", "7"), CLI_OK);
    ck_assert_uint_eq(options.threads, 7);
}
END_TEST

START_TEST(an_absurd_number_of_threads_is_refused)
{
    ck_assert_int_eq(parse("-threads", "100000"), CLI_BAD);
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

Suite *target_options_suite(void);
Suite *target_options_suite(void)
{
    Suite *suite = suite_create("target_options");
    TCase *tests = tcase_create("target_options");
    tcase_add_test(tests, the_defaults_are_those_that_are_promised);
    tcase_add_test(tests, the_store_is_memory_or_a_file);
    tcase_add_test(tests, a_limit_that_makes_no_sense_is_refused);
    tcase_add_test(tests, without_a_number_there_is_a_thread_for_each_cpu);
    tcase_add_test(tests, an_absurd_number_of_threads_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
