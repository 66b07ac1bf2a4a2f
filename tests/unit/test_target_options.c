#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/cgroup.h"
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
    tcase_add_test(tests, without_a_number_there_is_a_thread_for_each_cpu);
    tcase_add_test(tests, an_absurd_number_of_threads_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
