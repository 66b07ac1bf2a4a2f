#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "target-api/pynum.h"

static const struct {
    const char *text;
    const char *number; /* NULL: not an integer */
} integers[] = {
    {"0", "0"},
    {"-0", "0"},
    {"+1", "1"},
    {"007", "7"},
    {" \t\n\v\f\r12 \n", "12"},
    {"1_000", "1000"},
    {"-1_0", "-10"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775808", "9223372036854775808"},
    {"-00_9223372036854775809", "-9223372036854775809"},
    {"99999999999999999999999999999999999999999999999999",
     "99999999999999999999999999999999999999999999999999"},
    {"0", "0"},
    {"000", "0"},
    {"-000", "0"},
    {"+00", "0"},
    {"100", "100"},
    {"-0100", "-100"},
    {"", NULL},
    {" ", NULL},
    {"-", NULL},
    {"--1", NULL},
    {"- 1", NULL},
    {"1 2", NULL},
    {"_1", NULL},
    {"1_", NULL},
    {"1__0", NULL},
    {"-_1", NULL},
    {"1.0", NULL},
    {"1e3", NULL},
    {"0x1", NULL},
    {"\x1c"
     "1",
     NULL},
    {"abc", NULL},
    {"\u0661\u0662", "12"},
    {"\u00a0\u2003-\u0967_\U0001D7D8\u3000", "-10"},
    {"\u00b2", NULL}, /* a superscript is no digit */
    {"1\xff", NULL},
    {"1\u200b", NULL},
};

START_TEST(text_is_read_as_int_reads_it)
{
    struct pyint number;
    bool ok = pynum_parse_int(slice_of(integers[_i].text), &number);
    ck_assert_int_eq(ok, integers[_i].number != NULL);
    ck_assert(!ok || slice_equals(pyint_slice(&number), integers[_i].number));
}
END_TEST

START_TEST(a_nul_is_no_end)
{
    struct pyint number;
    ck_assert(!pynum_parse_int((struct slice){"1\0", 2}, &number));
    ck_assert(!pynum_parse_int((struct slice){"\0", 1}, &number));
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
    char text[PYNUM_TEXT_MAX];
    pynum_write_real(reals[_i].real, text);
    ck_assert_str_eq(text, reals[_i].text);
}
END_TEST

static const struct {
    double real;
    const char *number; /* NULL: none */
} cuts[] = {
    {6.9, "6"},
    {-6.9, "-6"},
    {0.9, "0"},
    {-0.9, "0"},
    {-0x1p63, "-9223372036854775808"},
    {0x1p63, "9223372036854775808"},
    {1e22, "10000000000000000000000"},
    {-1e23, "-99999999999999991611392"}, /* the double nearest to it */
    {INFINITY, NULL},
    {-INFINITY, NULL},
};

START_TEST(fractions_are_cut_towards_zero)
{
    struct pyint number;
    bool ok = pynum_truncate(cuts[_i].real, &number);
    ck_assert_int_eq(ok, cuts[_i].number != NULL);
    ck_assert(!ok || slice_equals(pyint_slice(&number), cuts[_i].number));
}
END_TEST

START_TEST(python_reads_no_more_digits_than_4300)
{
    char digits[PYNUM_DIGITS_MAX + 3];
    struct pyint number;
    memset(digits, '9', sizeof digits);
    ck_assert(pynum_parse_int((struct slice){digits, PYNUM_DIGITS_MAX}, &number));
    ck_assert_uint_eq(number.len, PYNUM_DIGITS_MAX);
    ck_assert(!pynum_parse_int((struct slice){digits, PYNUM_DIGITS_MAX + 1}, &number));
    digits[0] = '-';
    ck_assert(pynum_parse_int((struct slice){digits, PYNUM_DIGITS_MAX + 1}, &number));
    ck_assert_uint_eq(number.len, PYNUM_DIGITS_MAX + 1);
    ck_assert(!pynum_parse_field((struct slice){digits, PYNUM_DIGITS_MAX + 1}, &number));
    ck_assert(pynum_parse_field((struct slice){digits, PYNUM_DIGITS_MAX}, &number));
    memset(digits + 1, '0', PYNUM_DIGITS_MAX + 1);
    ck_assert(!pynum_parse_int((struct slice){digits, PYNUM_DIGITS_MAX + 2}, &number));
    ck_assert(pynum_truncate(1.7976931348623157e308, &number));
    ck_assert_uint_eq(number.len, 309);
}
END_TEST

START_TEST(small_numbers_fit_a_word)
{
    struct pyint number;
    int64_t small = 0;
    ck_assert(pynum_parse_int(slice_of("-12345678901234567"), &number));
    ck_assert(pyint_to_int64(&number, &small));
    ck_assert_int_eq(small, -12345678901234567);
    ck_assert(pynum_parse_int(slice_of("99999999999999999999"), &number));
    ck_assert(!pyint_to_int64(&number, &small));
}
END_TEST

Suite *pynum_suite(void);
Suite *pynum_suite(void)
{
    Suite *suite = suite_create("pynum");
    TCase *tests = tcase_create("pynum");
    tcase_add_loop_test(tests, text_is_read_as_int_reads_it, 0,
                        sizeof integers / sizeof integers[0]);
    tcase_add_test(tests, a_nul_is_no_end);
    tcase_add_loop_test(tests, reals_are_written_as_str_writes_them, 0,
                        sizeof reals / sizeof reals[0]);
    tcase_add_loop_test(tests, fractions_are_cut_towards_zero, 0, sizeof cuts / sizeof cuts[0]);
    tcase_add_test(tests, python_reads_no_more_digits_than_4300);
    tcase_add_test(tests, small_numbers_fit_a_word);
    suite_add_tcase(suite, tests);
    return suite;
}
