#include <check.h>
#include <math.h>
#include <string.h>

#include "target-api/body/number.h"

static const struct {
    const char *text;
    int64_t number;
} integers[] = {
    {"0", 0},
    {"-0", 0},
    {"+1", 1},
    {"007", 7},
    {" \t\n\v\f\r12 \n", 12},
    {"1_000", 1000},
    {"-1_0", -10},
    {"9223372036854775807", INT64_MAX},
    {"-9223372036854775808", INT64_MIN},
    {"000", 0},
    {"-000", 0},
    {"-0100", -100},
    {"00000000000000000000000000000000000000000000000001", 1},
};

START_TEST(text_is_read_as_int_reads_it)
{
    int64_t number = -1;
    ck_assert(number_parse(slice_of(integers[_i].text), &number));
    ck_assert_int_eq(number, integers[_i].number);
}
END_TEST

static const char *const no_integers[] = {
    "",
    " ",
    "-",
    "--1",
    "- 1",
    "1 2",
    "_1",
    "1_",
    "1__0",
    "-_1",
    "1_ ",
    "1.0",
    "1e3",
    "0x1",
    "\0341",
    "abc",
    "1\xff",
    "1\u200b",
    "\u0661",
    "\u00a01",
    "\u00b2",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999999999999999",
};

START_TEST(what_is_no_integer_of_64_bits_is_refused)
{
    int64_t number = 0;
    ck_assert(!number_parse(slice_of(no_integers[_i]), &number));
}
END_TEST

START_TEST(a_nul_does_not_end_the_text)
{
    int64_t number = 0;
    ck_assert(!number_parse((struct slice){"1\0", 2}, &number));
    ck_assert(!number_parse((struct slice){"\0", 1}, &number));
}
END_TEST

static const struct {
    double real;
    const char *text;
} reals[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1.0, "1.0"},
    {0.1, "0.1"},
    {100000.0, "100000.0"},
    {1e15, "1000000000000000.0"},
    {9007199254740993e0, "9007199254740992.0"},
    {1e16, "1e+16"},
    {123456789012345680.0, "1.2345678901234568e+17"},
    {1e-4, "0.0001"},
    {1e-5, "1e-05"},
    {0.000123, "0.000123"},
    {2.5e-300, "2.5e-300"},
    {5e-324, "5e-324"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {-12345678.9, "-12345678.9"},
    {1.0 / 3, "0.3333333333333333"},
};

START_TEST(reals_are_written_as_str_writes_them)
{
    char text[NUMBER_TEXT_MAX];
    number_print_real(reals[_i].real, text);
    ck_assert_str_eq(text, reals[_i].text);
}
END_TEST

START_TEST(fractions_are_cut_towards_zero)
{
    static const struct {
        double real;
        int64_t number;
    } cuts[] = {{6.9, 6},  {-6.9, -6},           {0.9, 0},
                {-0.9, 0}, {-0x1p63, INT64_MIN}, {0x1.fffffffffffffp62, 9223372036854774784}};
    int64_t number = 0;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        ck_assert(number_truncate(cuts[i].real, &number));
        ck_assert_int_eq(number, cuts[i].number);
    }
    ck_assert(!number_truncate(0x1p63, &number));
    ck_assert(!number_truncate(-1e19, &number));
    ck_assert(!number_truncate((double)INFINITY, &number));
    ck_assert(!number_truncate((double)NAN, &number));
}
END_TEST

Suite *number_suite(void);
Suite *number_suite(void)
{
    Suite *suite = suite_create("number");
    TCase *tests = tcase_create("number");
    tcase_add_loop_test(tests, text_is_read_as_int_reads_it, 0,
                        sizeof integers / sizeof integers[0]);
    tcase_add_loop_test(tests, what_is_no_integer_of_64_bits_is_refused, 0,
                        sizeof no_integers / sizeof no_integers[0]);
    tcase_add_test(tests, a_nul_does_not_end_the_text);
    tcase_add_loop_test(tests, reals_are_written_as_str_writes_them, 0,
                        sizeof reals / sizeof reals[0]);
    tcase_add_test(tests, fractions_are_cut_towards_zero);
    suite_add_tcase(suite, tests);
    return suite;
}
