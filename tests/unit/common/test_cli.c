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
    {.help = "Connections"},
    {"keepalive", NULL, cli_set_bool, offsetof(struct options, keepalive), "true", "k"},
    {"max-workers", "N", cli_set_u64, offsetof(struct options, workers), "7", "w"},
    {.help = "Names"},
    {"name", "TEXT", cli_set_string, offsetof(struct options, name), "", "n"},
    {"port", "PORT", cli_set_port, offsetof(struct options, port), "5000", "p"},
    {"reporter", "N", NULL, 0, NULL, "renamed to -name"},
    {0},
};
static const struct cli cli = {
    .program = "prog",
    .operands = "[URL]",
    .about = "about\n",
    .flags = flags,
    .env_prefix = "CLITEST_",
};

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
    ck_assert_ptr_nonnull(strstr(err.text, "unknown flag -prot; did you mean -port"));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

START_TEST(an_abbreviation_is_refused_and_completed)
{
    ck_assert_int_eq(PARSE("-max", "1"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean -max-workers"));
}
END_TEST

START_TEST(a_refused_flag_gives_its_reason)
{
    ck_assert_int_eq(PARSE("-reporter", "1"), CLI_BAD);
    ck_assert_str_eq(err.text, "-reporter: renamed to -name");
}
END_TEST

/* A heading is neither a flag nor the nearest one. */
START_TEST(a_heading_is_no_flag)
{
    ck_assert_int_eq(PARSE("-Names", "1"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "unknown flag -Names; did you mean -name? "));
    ck_assert_int_eq(PARSE("-=1"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "unknown flag -; did you mean -"));
}
END_TEST

START_TEST(a_command_keeps_its_own_flags)
{
    struct cli global = cli;
    global.ends_at_operand = true;
    static char texts[][8] = {"prog", "-port", "1", "attack", "-port", "2", "--", "x"};
    char *words[8];
    for (int i = 0; i < 8; i++) {
        words[i] = texts[i];
    }
    memset(&err, 0, sizeof err);
    ck_assert_int_eq(cli_parse(&global, 8, words, &options, &operands, &err), CLI_OK);
    ck_assert_uint_eq(options.port, 1);
    ck_assert_int_eq(operands, 5);
    static const char *const rest[] = {"attack", "-port", "2", "--", "x"};
    for (int i = 0; i < operands; i++) {
        ck_assert_str_eq(words[i + 1], rest[i]);
    }
}
END_TEST

START_TEST(help_has_groups_and_breaks_long_lines)
{
    static const struct cli_flag table[] = {
        {.help = "Limits"},
        {"max", "N", cli_set_u64, 0, CLI_NO_LIMIT, "maximum"},
        {"aaaaaaaaaa", "bbbbbbbbbbbb", cli_set_u64, 0, "7", "overlong"},
        {.help = "Names"},
        {"name", NULL, cli_set_bool, 0, "",
         "a text that is long enough to end in a second line, because its words need more columns"},
        {"key", NULL, cli_set_bool, 0, "false",
         "a text that nearly fills its line, so that the default is on the next"},
        {"old", "N", NULL, 0, NULL, "refused"},
        {0},
    };
    static const char expected[] = "\nLimits:\n"
                                   "  -max N                  maximum (default no limit)\n"
                                   "  -aaaaaaaaaa bbbbbbbbbbbb  overlong (default 7)\n"
                                   "\nNames:\n"
                                   "  -name                   a text that is long enough to end in "
                                   "a second line, because its words need\n"
                                   "                          more columns\n"
                                   "  -key                    a text that nearly fills its line, "
                                   "so that the default is on the "
                                   "next\n"
                                   "                          (default false)\n";
    char text[1024] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    cli_print_flags(table, out);
    fclose(out);
    ck_assert_str_eq(text, expected);
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

/* What is on the command line needs no variable; nor does the help. */
START_TEST(a_variable_that_is_not_needed_is_not_judged)
{
    setenv("CLITEST_PORT", "no", 1);
    ck_assert_msg(PARSE("-port", "4321") == CLI_OK, "%s", err.text);
    ck_assert_uint_eq(options.port, 4321);
    ck_assert_msg(PARSE("-version") == CLI_DONE, "%s", err.text);
    ck_assert_int_eq(PARSE("--"), CLI_BAD);
}
END_TEST

START_TEST(booleans_are_gos_words)
{
    static const char *const words[] = {"1", "t", "T", "true",  "True",  "TRUE",
                                        "0", "f", "F", "false", "False", "FALSE"};
    static const char *const none[] = {"", "yes", "on", "tRUE", "fALSE", "tr", "2", "-1"};
    char argument[32];
    for (size_t i = 0; i < 12; i++) {
        snprintf(argument, sizeof argument, "-keepalive=%s", words[i]);
        ck_assert_msg(PARSE(argument) == CLI_OK, "%s", err.text);
        ck_assert_int_eq(options.keepalive, i < 6);
        setenv("CLITEST_KEEPALIVE", words[i], 1);
        ck_assert_msg(PARSE("--") == CLI_OK, "%s", err.text);
        ck_assert_int_eq(options.keepalive, i < 6);
        unsetenv("CLITEST_KEEPALIVE");
        ck_assert_int_eq(PARSE("-keepalive", words[i]), CLI_BAD);
        ck_assert_ptr_nonnull(strstr(err.text, argument));
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        snprintf(argument, sizeof argument, "-keepalive=%s", none[i]);
        ck_assert_msg(PARSE(argument) == CLI_BAD, "%s", none[i]);
    }
}
END_TEST

START_TEST(what_files_leave_at_the_ends_is_not_part_of_a_value)
{
    setenv("CLITEST_MAX_WORKERS", "9\r", 1);
    const char *name = "\357\273\277a b\r";
    ck_assert_msg(PARSE("http://a/\r", "-name", name, "-port=1\xc2\xa0\r", "-keepalive\r") ==
                      CLI_OK,
                  "%s", err.text);
    ck_assert_str_eq(options.name, "a b");
    ck_assert_uint_eq(options.port, 1);
    ck_assert_uint_eq(options.workers, 9);
    ck_assert_int_eq(operands, 1);
    ck_assert_str_eq(argv_copy[1], "http://a/");
}
END_TEST

START_TEST(a_long_dash_is_explained)
{
    ck_assert_int_eq(PARSE("\xe2\x80\x93name", "x"), CLI_BAD);
    ck_assert_ptr_nonnull(strstr(err.text, "begins with a long dash"));
    ck_assert_ptr_nonnull(strstr(err.text, "; write -name"));
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
    tcase_add_test(tests, a_refused_flag_gives_its_reason);
    tcase_add_test(tests, a_heading_is_no_flag);
    tcase_add_test(tests, a_command_keeps_its_own_flags);
    tcase_add_test(tests, help_has_groups_and_breaks_long_lines);
    tcase_add_loop_test(tests, bad_values_name_the_flag_and_the_value, 0, 6);
    tcase_add_test(tests, a_missing_value_shows_the_form);
    tcase_add_test(tests, a_boolean_with_a_space_is_explained);
    tcase_add_test(tests, the_environment_sets_and_the_command_line_wins);
    tcase_add_test(tests, a_variable_that_is_not_needed_is_not_judged);
    tcase_add_test(tests, booleans_are_gos_words);
    tcase_add_test(tests, what_files_leave_at_the_ends_is_not_part_of_a_value);
    tcase_add_test(tests, a_long_dash_is_explained);
    suite_add_tcase(suite, tests);
    return suite;
}
