#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/environment.h"

static const struct {
    const char *text, *trimmed;
} cases[] = {
    {"", ""},
    {"a", "a"},
    {" \t\v\f a b \r\n", "a b"},
    {"\xef\xbb\xbfGET", "GET"},            /* byte order mark */
    {"a\xc2\xa0\xc2\xa0", "a"},            /* no-break space */
    {"\xe3\x80\x80 a\xe2\x80\xaf\r", "a"}, /* ideographic space, narrow no-break space */
    {"a\xe2\x80\xa8", "a"},                /* line separator */
    {"a\xe2\x80\x8b\xe2\x81\xa0", "a"},    /* zero-width space, word joiner */
    {"a\xc2\x85\x1a", "a"},                /* next line, DOS's end of file */
    {"\xc2\xa0\xef\xbb\xbf", ""},          /* nothing else */
    {"a\xc2\xa0"
     "b",
     "a\xc2\xa0"
     "b"},                            /* inside it stays */
    {"\xc3\xa0", "\xc3\xa0"},         /* a letter that ends with the same byte */
    {"\xe4\xbd\xa0", "\xe4\xbd\xa0"}, /* another */
    {"caf\xe9", "caf\xe9"},           /* no UTF-8 */
    {"a\xa0", "a\xa0"},               /* a stray byte */
    {"\x85", "\x85"},
    {"a\xe2\x80", "a\xe2\x80"},         /* cut short */
    {"a\xe0\x82\xa0", "a\xe0\x82\xa0"}, /* a longer form of a no-break space */
    {"\xe2\x80\x8c"
     "a\xe2\x80\x8d",
     "\xe2\x80\x8c"
     "a\xe2\x80\x8d"}, /* joiners belong to letters */
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
};

START_TEST(white_space_is_cut_off_at_both_ends)
{
    char text[64];
    snprintf(text, sizeof text, "%s", cases[_i].text);
    ck_assert_str_eq(blank_trim(text), cases[_i].trimmed);
}
END_TEST

START_TEST(the_length_of_a_white_space_character)
{
    ck_assert_uint_eq(blank_at(""), 0);
    ck_assert_uint_eq(blank_at("a "), 0);
    ck_assert_uint_eq(blank_at(" a"), 1);
    ck_assert_uint_eq(blank_at("\xc2\xa0"), 2);
    ck_assert_uint_eq(blank_at("\xe3\x80\x80"), 3);
    ck_assert_uint_eq(blank_at("\xc2"), 0);
}
END_TEST

START_TEST(a_range_is_not_read_beyond_its_ends)
{
    const char text[] = "  a\xc2\xa0";
    const char *begin = text;
    const char *end = text + 4; /* in the middle of the no-break space */
    blank_trim_range(&begin, &end);
    ck_assert_ptr_eq(begin, text + 2);
    ck_assert_ptr_eq(end, text + 4);
    end = text + 2;
    begin = text;
    blank_trim_range(&begin, &end);
    ck_assert_ptr_eq(begin, end);
}
END_TEST

START_TEST(a_value_keeps_the_blanks_in_front_of_it)
{
    char text[] = " a\r";
    char marked[] = "\xef\xbb\xbf 1\xc2\xa0";
    char only[] = "\xef\xbb\xbf\r";
    ck_assert_str_eq(blank_trim_value(text), " a");
    ck_assert_str_eq(blank_trim_value(marked), " 1");
    ck_assert_str_eq(blank_trim_value(only), "");
}
END_TEST

START_TEST(a_variable_has_no_white_space_at_its_ends)
{
    unsetenv("BLANKTEST");
    ck_assert_ptr_null(environment_get("BLANKTEST"));
    setenv("BLANKTEST", " a b\xc2\xa0\r", 1);
    const char *value = environment_get("BLANKTEST");
    ck_assert_str_eq(value, "a b");
    ck_assert_ptr_eq(environment_get("BLANKTEST"), value);
    setenv("BLANKTEST", "\r", 1);
    ck_assert_str_eq(environment_get("BLANKTEST"), "");
    unsetenv("BLANKTEST");
}
END_TEST

Suite *blank_suite(void);
Suite *blank_suite(void)
{
    Suite *suite = suite_create("blank");
    TCase *tests = tcase_create("blank");
    tcase_add_loop_test(tests, white_space_is_cut_off_at_both_ends, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, the_length_of_a_white_space_character);
    tcase_add_test(tests, a_range_is_not_read_beyond_its_ends);
    tcase_add_test(tests, a_value_keeps_the_blanks_in_front_of_it);
    tcase_add_test(tests, a_variable_has_no_white_space_at_its_ends);
    suite_add_tcase(suite, tests);
    return suite;
}
