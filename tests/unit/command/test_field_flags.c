/* Not under tsan: one thread. */
#include <check.h>

#include "loadgen/command/flags/field_flags.h"

static const struct {
    const char *text, *shown;
} cases[] = {
    {"order.max_workers: must be at least 1", "-max-workers: must be at least 1"},
    {"order.rate=0 requires order.max_workers, the number",
     "-rate=0 requires -max-workers, the number"},
    {"list.txt:3: targets in JSON need order.format json",
     "list.txt:3: targets in JSON need -format json"},
    {"the URL \"http://order.rate/\" has no path", "the URL \"http://order.rate/\" has no path"},
    {"order.nothing is no flag, and an order. is none",
     "order.nothing is no flag, and an order. is none"},
    {"search.journal: c exists; continue with search.resume",
     "-journal: c exists; continue with -resume"},
    {"search.rate is none, and research.journal", "search.rate is none, and research.journal"},
    {"remove order.arrival or order.stages", "remove -arrival or -stages"},
    {"", ""},
};

START_TEST(a_field_is_shown_as_its_flag)
{
    struct err err = {0};
    err_set(&err, ERR_USAGE, "%s", cases[_i].text);
    field_flags_name(&err);
    ck_assert_str_eq(err.text, cases[_i].shown);
}
END_TEST

START_TEST(a_command_names_its_own_flags)
{
    static const struct cli_flag flags[] = {{.name = "force"}, {0}};
    char text[] = "set comparison.force, not comparison.path or order.force";
    field_flags_name_object(text, "comparison.", flags);
    ck_assert_str_eq(text, "set -force, not comparison.path or order.force");
}
END_TEST

START_TEST(the_text_of_a_script_stays_as_it_is)
{
    struct err err = {.is_quoted = true};
    err_set(&err, ERR_USAGE, "order.rate: missing");
    field_flags_name(&err);
    ck_assert_str_eq(err.text, "order.rate: missing");
}
END_TEST

Suite *field_flags_suite(void);
Suite *field_flags_suite(void)
{
    Suite *suite = suite_create("field_flags");
    TCase *tests = tcase_create("field_flags");
    tcase_add_loop_test(tests, a_field_is_shown_as_its_flag, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, a_command_names_its_own_flags);
    tcase_add_test(tests, the_text_of_a_script_stays_as_it_is);
    suite_add_tcase(suite, tests);
    return suite;
}
