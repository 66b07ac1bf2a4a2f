#include <check.h>

#include "target-api/body/json_error.h"

/* Every row is where Python 3.11's json.loads finds the error. */
static const struct {
    const char *text;
    size_t character, line, column;
} cases[] = {
    {"", 0, 1, 1},
    {"x", 0, 1, 1},
    {" ", 1, 1, 2},
    {"\n\n x", 3, 3, 2},
    {"{", 1, 1, 2},
    {"{\"a\"", 4, 1, 5},
    {"{\"a\":", 5, 1, 6},
    {"{\"a\":1", 6, 1, 7},
    {"{\"a\" 1}", 5, 1, 6},
    {"{\"a\":1,}", 7, 1, 8},
    {"{\"a\":1 \"b\"}", 7, 1, 8},
    {"{a:1}", 1, 1, 2},
    {"{'id':4}", 1, 1, 2},
    {"[", 1, 1, 2},
    {"[1", 2, 1, 3},
    {"[1,]", 3, 1, 4},
    {"[1 2]", 3, 1, 4},
    {"\"a", 0, 1, 1},
    {"\"a\\", 0, 1, 1},
    {"\"\\ud83dx", 0, 1, 1},
    {"tru", 0, 1, 1},
    {"nul", 0, 1, 1},
    {"-", 0, 1, 1},
    {"-x", 0, 1, 1},
    {".5", 0, 1, 1},
    {"+1", 0, 1, 1},
    {"{} x", 3, 1, 4},
    {"{}\n\n  {", 6, 3, 3},
    {"{\"é\":1 \"日本\":x}", 7, 1, 8},
    {"[\"日\",x]", 5, 1, 6},
    {"{\"id\":4,\"name\":\"us", 15, 1, 16},
    {"{\"id\":4,\"name\":\"a\",\"age\":\"1\"} x", 30, 1, 31},
    {"null null", 5, 1, 6},
    {"[[[[}", 4, 1, 5},
    {"{\"a\":[1,{\"b\":}]}", 13, 1, 14},
    {"\"\\", 0, 1, 1},
    {"[\t\r\n ,", 5, 2, 2},
};

static struct json_position position_of(struct slice text)
{
    json_error_t error;
    ck_assert_ptr_null(json_loadb(text.at, text.length, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error));
    return json_error_position(text, &error);
}

START_TEST(the_error_is_where_python_finds_it)
{
    struct json_position position = position_of(slice_of(cases[_i].text));
    ck_assert_uint_eq(position.character, cases[_i].character);
    ck_assert_uint_eq(position.line, cases[_i].line);
    ck_assert_uint_eq(position.column, cases[_i].column);
}
END_TEST

/* Python counts some of these from within the token. */
static const struct {
    const char *text;
    size_t character;
} tokens[] = {
    {"[\"a\\x\"]", 1},
    {"[\"\\u12g4\"]", 1},
    {"[\"a\tb\"]", 1},
    {"[\"\\ud800\"]", 1},
    {"[01]", 1},
    {"[1.]", 1},
    {"[1e]", 1},
    {"[NaN]", 1},
    {"[1e400]", 1},
    {"[\"é\", 1e400]", 6},
    {"{\"\\u0000\":1}", 1},
    {"[9223372036854775808]", 1},
};

START_TEST(a_token_that_is_wrong_is_named_by_its_first_character)
{
    ck_assert_uint_eq(position_of(slice_of(tokens[_i].text)).character, tokens[_i].character);
}
END_TEST

START_TEST(any_byte_has_a_position_within_the_text)
{
    for (int c = 0; c < 256; c++) {
        const char text[] = {'[', '1', ',', (char)c, (char)c};
        json_error_t error;
        json_t *value = json_loadb(text, sizeof text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
        ck_assert_ptr_null(value);
        struct slice slice = {text, sizeof text};
        ck_assert_uint_le(json_error_position(slice, &error).character, sizeof text);
    }
}
END_TEST

Suite *json_error_suite(void);
Suite *json_error_suite(void)
{
    Suite *suite = suite_create("json_error");
    TCase *test = tcase_create("json_error");
    tcase_add_loop_test(test, the_error_is_where_python_finds_it, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(test, a_token_that_is_wrong_is_named_by_its_first_character, 0,
                        sizeof tokens / sizeof tokens[0]);
    tcase_add_test(test, any_byte_has_a_position_within_the_text);
    suite_add_tcase(suite, test);
    return suite;
}
