/* JSON that is written as text is what jansson would print. Not under tsan: one thread. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/json/json_writer.h"

static struct bytes out;
static struct json_writer writer;

static void setup(void)
{
    writer = (struct json_writer){.out = &out};
}

static void teardown(void)
{
    bytes_free(&out);
    out = (struct bytes){0};
}

/* Reads the text back, and compares it with how jansson prints the same. */
static json_t *read_back(void)
{
    json_error_t error;
    json_t *json = json_loadb(out.at, out.length, JSON_DECODE_ANY, &error);
    ck_assert_msg(json != NULL, "%s: %.*s", error.text, (int)out.length, out.at);
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12) |
                                      JSON_ENCODE_ANY);
    bytes_add(&out, "", 1);
    ck_assert_str_eq(out.at, text);
    free(text);
    return json;
}

START_TEST(objects_and_lists)
{
    json_writer_open(&writer, NULL, '{');
    json_writer_count(&writer, "a", UINT64_C(1234567890123456789));
    json_writer_open(&writer, "empty", '[');
    json_writer_close(&writer, ']');
    json_writer_open(&writer, "list", '[');
    json_writer_count(&writer, NULL, 0);
    json_writer_open(&writer, NULL, '{');
    json_writer_null(&writer, "b");
    json_writer_open(&writer, "c", '{');
    json_writer_close(&writer, '}');
    json_writer_close(&writer, '}');
    json_writer_text(&writer, NULL, slice_of("d"));
    json_writer_close(&writer, ']');
    json_writer_real(&writer, "e", 0.5);
    json_writer_close(&writer, '}');
    json_decref(read_back());
}
END_TEST

START_TEST(texts)
{
    static const struct {
        const char *text;
        const char *read; /* NULL: the same */
    } cases[] = {
        {"", NULL},
        {"GET /a?b=\"c\"\\d", NULL},
        {"b\xc3\xbc"
         "cher \xe2\x82\xac \xf0\x9f\x98\x80 end",
         NULL},
        {"a\x01\n\x7f\xff", "a????"},
        {"\xc3", "?"},
        {"\xf0\x9f\x98", "???"},
        {"\xed\xa0\x80", "???"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setup();
        json_writer_text(&writer, NULL, slice_of(cases[i].text));
        json_t *json = read_back();
        ck_assert_str_eq(json_string_value(json), cases[i].read ? cases[i].read : cases[i].text);
        json_decref(json);
        teardown();
    }
    setup();
    json_writer_text(&writer, NULL, (struct slice){"a\xc3\xbc", 2}); /* cut within a character */
    json_t *json = read_back();
    ck_assert_str_eq(json_string_value(json), "a?");
    json_decref(json);
    teardown();
    setup();
    json_writer_text(&writer, NULL, (struct slice){"a\0b", 3});
    json_decref(read_back());
    ck_assert_str_eq(out.at, "\"a\"");
}
END_TEST

START_TEST(numbers)
{
    static const double reals[] = {0,   1,          250,      0.5,  1.0 / 3, 123456.789012345,
                                   1e9, 1764554225, 1e11 + 1, 0.001};
    static const struct {
        uint64_t number;
        const char *text;
    } millionths[] = {
        {0, "0.0"},           {1, "0.000001"},         {1500000, "1.5"},
        {412000, "0.412"},    {12345678, "12.345678"}, {100000, "0.1"},
        {743000000, "743.0"},
    };
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        setup();
        json_writer_real(&writer, NULL, reals[i]);
        json_t *json = read_back();
        ck_assert(json_is_real(json));
        ck_assert_double_eq_tol(json_real_value(json), reals[i], 1e-9 * reals[i] + 1e-300);
        json_decref(json);
        teardown();
    }
    for (size_t i = 0; i < sizeof millionths / sizeof millionths[0]; i++) {
        setup();
        json_writer_millionths(&writer, NULL, millionths[i].number);
        bytes_add(&out, "", 1);
        ck_assert_str_eq(out.at, millionths[i].text);
        teardown();
    }
    setup();
    json_writer_real(&writer, NULL, NAN);
    json_t *json = read_back();
    ck_assert(json_is_null(json));
    json_decref(json);
}
END_TEST

Suite *json_writer_suite(void);
Suite *json_writer_suite(void)
{
    Suite *suite = suite_create("json_writer");
    TCase *tests = tcase_create("json_writer");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, objects_and_lists);
    tcase_add_test(tests, texts);
    tcase_add_test(tests, numbers);
    suite_add_tcase(suite, tests);
    return suite;
}
