#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"

struct options {
    bool keepalive;
    const char *name;
    uint16_t port;
    uint64_t workers;
};

static const struct cli_flag flags[] = {
    {"keepalive", NULL, cli_set_bool, offsetof(struct options, keepalive), "true", "k"},
    {"max-workers", "N", cli_set_u64, offsetof(struct options, workers), "7", "w"},
    {"name", "TEXT", cli_set_string, offsetof(struct options, name), "", "n"},
    {"port", "PORT", cli_set_port, offsetof(struct options, port), "5000", "p"},
    {"redirects", "N", NULL, 0, NULL, NULL},
    {0},
};
static const struct cli cli = {"prog", "[URL]", "about\n", flags, "CLITEST_"};

static struct options options;
static struct err err;
static int operands;
static char *argv_copy[16];

static enum cli_result parse(int argc, const char *const *argv)
{
    for (int i = 0; i < argc; i++) {
        free(argv_copy[i]);
        argv_copy[i] = strdup(argv[i]);
    }
    memset(&options, 0, sizeof options);
    memset(&err, 0, sizeof err);
    return cli_parse(&cli, argc, argv_copy, &options, &operands, &err);
}
#define PARSE(...)                                                                                 \
    parse((int)(sizeof((const char *[]){"prog", __VA_ARGS__}) / sizeof(char *)),                   \
          (const char *[]){"prog", __VA_ARGS__})

static void teardown(void)
{
    for (size_t i = 0; i < 16; i++) {
        free(argv_copy[i]);
        argv_copy[i] = NULL;
    }
}

START_TEST(defaults_are_set_from_the_table)
{
    ck_assert_int_eq(PARSE("--"), CLI_OK);
    ck_assert(options.keepalive);
    ck_assert_uint_eq(options.workers, 7);
    ck_assert_uint_eq(options.port, 5000);
    ck_assert_str_eq(options.name, "");
}
END_TEST

START_TEST(values_come_after_a_space_or_an_equals_sign_and_one_or_two_dashes)
{
    ck_assert_int_eq(PARSE("-name", "a", "--port=0", "--max-workers", "3", "-keepalive=false"),
                     CLI_OK);
    ck_assert_str_eq(options.name, "a");
    ck_assert_uint_eq(options.port, 0);
    ck_assert_uint_eq(options.workers, 3);
    ck_assert(!options.keepalive);
}
END_TEST

START_TEST(flags_may_follow_operands)
{
    /* The operands are moved to the front of argv, so the test reads them there. */
    ck_assert_int_eq(PARSE("http://a/", "-name", "b"), CLI_OK);
    ck_assert_int_eq(operands, 1);
    ck_assert_str_eq(argv_copy[1], "http://a/");
    ck_assert_str_eq(options.name, "b");
}
END_TEST

START_TEST(an_unknown_flag_names_the_nearest)
{
    ck_assert_int_eq(PARSE("-prot", "1"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "unknown flag -prot; the nearest is -port"));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

START_TEST(an_abbreviation_is_refused_and_completed)
{
    ck_assert_int_eq(PARSE("-max", "1"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "the nearest is -max-workers"));
}
END_TEST

START_TEST(a_flag_that_is_not_there_yet_says_so)
{
    ck_assert_int_eq(PARSE("-redirects", "1"), CLI_BAD);
    ck_assert_ptr_nonnull(
        strstr(err.text, "-redirects is a flag of vegeta's that is not there yet"));
}
END_TEST

START_TEST(bad_values_name_the_flag_and_the_value)
{
    static const struct {
        const char *argument, *expected;
    } cases[] = {
        {"-port=70000", "-port: \"70000\" is not a whole number from 0 to 65535"},
        {"-port=", "-port: \"\" is not a whole number"},
        {"-port=-1", "-port: \"-1\" is not a whole number"},
        {"-port= 1", "-port: \" 1\" is not a whole number"},
        {"-max-workers=18446744073709551616", "is not a whole number"},
        {"-keepalive=maybe", "-keepalive: \"maybe\" is neither true nor false"},
    };
    ck_assert_int_eq(PARSE(cases[_i].argument), CLI_BAD);
    ck_assert_msg(strstr(err.text, cases[_i].expected) != NULL, "got: %s", err.text);
}
END_TEST

START_TEST(a_missing_value_shows_the_form)
{
    ck_assert_int_eq(PARSE("-port"), CLI_BAD);
    ck_assert_str_eq(err.text, "-port needs a value: -port PORT");
}
END_TEST

START_TEST(a_boolean_with_a_space_is_explained)
{
    ck_assert_int_eq(PARSE("-keepalive", "false"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "-keepalive=false"));
}
END_TEST

START_TEST(the_environment_sets_and_the_command_line_wins)
{
    setenv("CLITEST_PORT", "1234", 1);
    setenv("CLITEST_MAX_WORKERS", "9", 1);
    ck_assert_int_eq(PARSE("-port", "4321"), CLI_OK);
    ck_assert_uint_eq(options.port, 4321);
    ck_assert_uint_eq(options.workers, 9);
    setenv("CLITEST_PORT", "no", 1);
    ck_assert_int_eq(PARSE("-name", "x"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "CLITEST_PORT: \"no\""));
}
END_TEST

Suite *cli_suite(void);
Suite *cli_suite(void)
{
    Suite *suite = suite_create("cli");
    TCase *tests = tcase_create("cli");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, defaults_are_set_from_the_table);
    tcase_add_test(tests, values_come_after_a_space_or_an_equals_sign_and_one_or_two_dashes);
    tcase_add_test(tests, flags_may_follow_operands);
    tcase_add_test(tests, an_unknown_flag_names_the_nearest);
    tcase_add_test(tests, an_abbreviation_is_refused_and_completed);
    tcase_add_test(tests, a_flag_that_is_not_there_yet_says_so);
    tcase_add_loop_test(tests, bad_values_name_the_flag_and_the_value, 0, 6);
    tcase_add_test(tests, a_missing_value_shows_the_form);
    tcase_add_test(tests, a_boolean_with_a_space_is_explained);
    tcase_add_test(tests, the_environment_sets_and_the_command_line_wins);
    suite_add_tcase(suite, tests);
    return suite;
}
