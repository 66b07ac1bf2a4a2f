#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#include "target-api/pynum.h"

static const struct {
    const char *text;
    const char *number; /* NULL: not an integer of 64 bits */
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
    {"9223372036854775808", NULL},
    {"-9223372036854775809", NULL},
    {"99999999999999999999999999999999999999999999999999", NULL},
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
    int64_t number = 0;
    bool ok = pynum_parse_int(slice_of(integers[_i].text), &number);
    ck_assert_int_eq(ok, integers[_i].number != NULL);
    ck_assert(!ok || number == strtoll(integers[_i].number, NULL, 10));
}
END_TEST

START_TEST(a_nul_is_no_end)
{
    int64_t number = 0;
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

START_TEST(fractions_are_cut_towards_zero)
{
    int64_t number = 0;
    ck_assert(pynum_truncate(6.9, &number));
    ck_assert_int_eq(number, 6);
    ck_assert(pynum_truncate(-6.9, &number));
    ck_assert_int_eq(number, -6);
    ck_assert(pynum_truncate(-0x1p63, &number));
    ck_assert(number == INT64_MIN);
    ck_assert(!pynum_truncate(0x1p63, &number));
    ck_assert(!pynum_truncate(-1e300, &number));
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
    tcase_add_test(tests, fractions_are_cut_towards_zero);
    suite_add_tcase(suite, tests);
    return suite;
}
