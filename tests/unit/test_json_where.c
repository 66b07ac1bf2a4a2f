#include <check.h>
#include <string.h>

#include "target-api/json_walk.h"
#include "target-api/json_where.h"

/* Every row is what Python 3.11's json.loads says of the text. */
static const struct {
    const char *text;
    const char *json_message;
    size_t position, line, column;
} cases[] = {
    {"", "Expecting value", 0, 1, 1},
    {"x", "Expecting value", 0, 1, 1},
    {" ", "Expecting value", 1, 1, 2},
    {"\n\n x", "Expecting value", 3, 3, 2},
    {"{", "Expecting property name enclosed in double quotes", 1, 1, 2},
    {"{\"a\"", "Expecting ':' delimiter", 4, 1, 5},
    {"{\"a\":", "Expecting value", 5, 1, 6},
    {"{\"a\":1", "Expecting ',' delimiter", 6, 1, 7},
    {"{\"a\" 1}", "Expecting ':' delimiter", 5, 1, 6},
    {"{\"a\":1,}", "Expecting property name enclosed in double quotes", 7, 1, 8},
    {"{\"a\":1 \"b\"}", "Expecting ',' delimiter", 7, 1, 8},
    {"{a:1}", "Expecting property name enclosed in double quotes", 1, 1, 2},
    {"{'id':4}", "Expecting property name enclosed in double quotes", 1, 1, 2},
    {"[", "Expecting value", 1, 1, 2},
    {"[1", "Expecting ',' delimiter", 2, 1, 3},
    {"[1,]", "Expecting value", 3, 1, 4},
    {"[1 2]", "Expecting ',' delimiter", 3, 1, 4},
    {"\"a", "Unterminated string starting at", 0, 1, 1},
    {"\"a\\", "Unterminated string starting at", 0, 1, 1},
    {"\"\\x\"", "Invalid \\\\escape", 1, 1, 2},
    {"\"\\u12\"", "Invalid \\\\uXXXX escape", 2, 1, 3},
    {"\"\\u12g4\"", "Invalid \\\\uXXXX escape", 2, 1, 3},
    {"\"\\ud83dx", "Unterminated string starting at", 0, 1, 1},
    {"\"\\u1234", "Invalid \\\\uXXXX escape", 2, 1, 3},
    {"\"a\n\"", "Invalid control character at", 2, 1, 3},
    {"\"\001", "Invalid control character at", 1, 1, 2},
    {"tru", "Expecting value", 0, 1, 1},
    {"nul", "Expecting value", 0, 1, 1},
    {"-", "Expecting value", 0, 1, 1},
    {"-x", "Expecting value", 0, 1, 1},
    {"01", "Extra data", 1, 1, 2},
    {"1.", "Extra data", 1, 1, 2},
    {"1.e5", "Extra data", 1, 1, 2},
    {"1e", "Extra data", 1, 1, 2},
    {".5", "Expecting value", 0, 1, 1},
    {"+1", "Expecting value", 0, 1, 1},
    {"{} x", "Extra data", 3, 1, 4},
    {"{}\n\n  {", "Extra data", 6, 3, 3},
    {"{\"é\":1 \"日本\":x}", "Expecting ',' delimiter", 7, 1, 8},
    {"[\"日\",x]", "Expecting value", 5, 1, 6},
    {"{\"id\":4,\"name\":\"us", "Unterminated string starting at", 15, 1, 16},
    {"{\"id\":4,\"name\":\"a\",\"age\":\"1\"} x", "Extra data", 30, 1, 31},
    {"null null", "Extra data", 5, 1, 6},
    {"[[[[}", "Expecting value", 4, 1, 5},
    {"{\"a\":[1,{\"b\":}]}", "Expecting value", 13, 1, 14},
    {"\"\\", "Unterminated string starting at", 0, 1, 1},
    {"[\t\r\n ,", "Expecting value", 5, 2, 2},
};

START_TEST(the_first_error_is_where_python_sees_it)
{
    struct json_where where;
    ck_assert_int_eq(json_where_find(slice_of(cases[_i].text), &where), JSON_WHERE_FOUND);
    ck_assert_str_eq(where.json_message, cases[_i].json_message);
    ck_assert_uint_eq(where.position, cases[_i].position);
    ck_assert_uint_eq(where.line, cases[_i].line);
    ck_assert_uint_eq(where.column, cases[_i].column);
}
END_TEST

static const char *const accepted[] = {
    "null",
    " true ",
    "-0",
    "1e400",
    "123456789012345678901234567890",
    "-Infinity",
    "\"\\ud800\"",
    "\"\\/\\b\\f\"",
    "[]",
    "[ ]",
    "{ }",
    "[1,-2.5E+3,{\"a\":[null]}]",
    "\"\xED\xA0\x80\"",
    "\"\x7F\"",
    "\"\xF4\x8F\xBF\xBF\"",
};

START_TEST(what_python_takes_has_no_error)
{
    struct json_where where;
    ck_assert_int_eq(json_where_find(slice_of(accepted[_i]), &where), JSON_WHERE_NOWHERE);
}
END_TEST

START_TEST(a_nul_is_a_character_like_others)
{
    struct json_where where;
    ck_assert_int_eq(json_where_find((struct slice){"\0", 1}, &where), JSON_WHERE_FOUND);
    ck_assert_uint_eq(where.position, 0);
    ck_assert_int_eq(json_where_find((struct slice){"1\0", 2}, &where), JSON_WHERE_FOUND);
    ck_assert_str_eq(where.json_message, "Extra data");
    ck_assert_int_eq(json_where_find((struct slice){"\"\\u12\0\0\"", 8}, &where), JSON_WHERE_FOUND);
    ck_assert_uint_eq(where.position, 2);
    ck_assert_int_eq(json_where_find((struct slice){"\"\\\0\"", 4}, &where), JSON_WHERE_FOUND);
    ck_assert_uint_eq(where.position, 1);
}
END_TEST

START_TEST(a_nan_is_an_error_unless_there_is_another)
{
    struct json_where where;
    ck_assert_int_eq(json_where_find(slice_of("[1,NaN,NaN]"), &where), JSON_WHERE_FOUND);
    ck_assert_uint_eq(where.position, 3);
    ck_assert_int_eq(json_where_find(slice_of("[NaN,x]"), &where), JSON_WHERE_FOUND);
    ck_assert_uint_eq(where.position, 5);
}
END_TEST

START_TEST(an_integer_of_4301_digits_is_too_much)
{
    static char text[4400];
    memset(text, '9', sizeof text);
    text[0] = '-';
    struct json_where where;
    ck_assert_int_eq(json_where_find((struct slice){text, 4301}, &where), JSON_WHERE_NOWHERE);
    ck_assert_int_eq(json_where_find((struct slice){text, 4302}, &where), JSON_WHERE_TOO_MUCH);
    text[4302] = 'e'; /* and so it is no integer */
    ck_assert_int_eq(json_where_find((struct slice){text, 4304}, &where), JSON_WHERE_NOWHERE);
}
END_TEST

START_TEST(a_million_open_brackets_are_too_deep_and_no_crash)
{
    static char text[1000000];
    memset(text, '[', sizeof text);
    struct json_where where;
    ck_assert_int_eq(json_where_find((struct slice){text, sizeof text}, &where),
                     JSON_WHERE_TOO_MUCH);
    ck_assert_int_eq(json_where_find((struct slice){text, JSON_WALK_DEPTH_MAX}, &where),
                     JSON_WHERE_FOUND);
    ck_assert_uint_eq(where.position, JSON_WALK_DEPTH_MAX);
}
END_TEST

Suite *json_where_suite(void);
Suite *json_where_suite(void)
{
    Suite *suite = suite_create("json_where");
    TCase *tests = tcase_create("json_where");
    tcase_add_loop_test(tests, the_first_error_is_where_python_sees_it, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tests, what_python_takes_has_no_error, 0,
                        sizeof accepted / sizeof accepted[0]);
    tcase_add_test(tests, a_nul_is_a_character_like_others);
    tcase_add_test(tests, a_nan_is_an_error_unless_there_is_another);
    tcase_add_test(tests, an_integer_of_4301_digits_is_too_much);
    tcase_add_test(tests, a_million_open_brackets_are_too_deep_and_no_crash);
    suite_add_tcase(suite, tests);
    return suite;
}
