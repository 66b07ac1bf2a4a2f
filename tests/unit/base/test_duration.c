#include <check.h>
#include <stdint.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "tests/support/random.h"

static struct err err;
static char text[DURATION_TEXT];

static uint64_t parse(const char *what)
{
    uint64_t ns = 1;
    ck_assert_msg(duration_parse(what, &ns, &err), "\"%s\": %s", what, err.text);
    return ns;
}

static const struct {
    const char *text;
    uint64_t ns;
} durations[] = {
    {"0", 0},
    {"0s", 0},
    {"7ns", 7},
    {"10us", 10000},
    {"10\u00b5s", 10000}, /* micro sign */
    {"10\u03bcs", 10000}, /* Greek mu */
    {"250ms", 250 * NS_PER_MS},
    {"1s", NS_PER_S},
    {"1.5s", 1500 * NS_PER_MS},
    {".5s", 500 * NS_PER_MS},
    {"1.s", NS_PER_S},
    {"1m", 60 * NS_PER_S},
    {"1h30m", 5400 * NS_PER_S},
    {"1h2m3s4ms5us6ns", UINT64_C(3723004005006)},
    {"30m1h", 5400 * NS_PER_S},
    {"0.000000001s", 1},
    {"1.123456789s", UINT64_C(1123456789)},
    {"1.0000001h", UINT64_C(3600000360000)},
    {"0.3ns", 0},
    {"2540400h", UINT64_C(9145440000000000000)},
    {"9223372036854775807ns", INT64_MAX},
};

START_TEST(a_duration_is_read_to_the_nanosecond)
{
    ck_assert_uint_eq(parse(durations[_i].text), durations[_i].ns);
}
END_TEST

static const char *const refused[] = {
    "",
    "1",
    "s",
    "-1s",
    "+-1s",
    "1 s",
    " 1s",
    "1s ",
    "1sec",
    "1d",
    "1h30",
    ".s",
    "1..5s",
    "1,5s",
    "1e3s",
    "infinity",
    "2562048h",
    "9223372036854775808ns",
    "18446744073709551616ns",
    "99999999999999999999s",
    "18446744073.8s",
    "5124095.7h",
    "9223372036854775807ns1ns",
};

START_TEST(what_is_no_duration_is_refused_with_an_example)
{
    uint64_t ns = 0;
    ck_assert_msg(!duration_parse(refused[_i], &ns, &err), "\"%s\" was taken for %lu ns",
                  refused[_i], ns);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, "is not a duration") && strstr(err.text, "1m30s"), "got: %s",
                  err.text);
}
END_TEST

START_TEST(the_setter_of_a_flag_does_the_same)
{
    uint64_t ns = 0;
    ck_assert(duration_set(&ns, "2m", &err));
    ck_assert_uint_eq(ns, 120 * NS_PER_S);
    ck_assert(!duration_set(&ns, "2", &err));
}
END_TEST

static const struct {
    uint64_t ns;
    const char *whole, *rounded;
} printed[] = {
    {0, "0s", "0s"},
    {1, "1ns", "1ns"},
    {999, "999ns", "999ns"},
    {1000, "1\u00b5s", "1\u00b5s"},
    {12345, "12.345\u00b5s", "12.345\u00b5s"},
    {145082000, "145.082ms", "145.082ms"},
    {145082499, "145.082499ms", "145.082ms"},
    {145082500, "145.0825ms", "145.083ms"},
    {999999500, "999.9995ms", "1s"},
    {1500000000, "1.5s", "1.5s"},
    {1123456789, "1.123456789s", "1.123s"},
    {59999500000, "59.9995s", "1m0s"},
    {60250000000, "1m0.25s", "1m0s"},
    {60500000000, "1m0.5s", "1m1s"},
    {UINT64_C(3600000000000), "1h0m0s", "1h0m0s"},
    {UINT64_C(3723004005006), "1h2m3.004005006s", "1h2m0s"},
    {UINT64_C(3630000000000), "1h0m30s", "1h1m0s"},
    {UINT64_C(9223372036854775807), "2562047h47m16.854775807s", "2562047h47m0s"},
};

START_TEST(a_duration_is_written_as_go_writes_it)
{
    ck_assert_str_eq(duration_print(printed[_i].ns, text), printed[_i].whole);
}
END_TEST

START_TEST(a_rounded_one_keeps_the_next_finer_unit_as_vegeta_does)
{
    ck_assert_str_eq(duration_print_rounded(printed[_i].ns, text), printed[_i].rounded);
}
END_TEST

START_TEST(the_longest_fits)
{
    ck_assert_str_eq(duration_print(UINT64_MAX, text), "5124095h34m33.709551615s");
}
END_TEST

START_TEST(what_is_written_is_read_back_the_same)
{
    struct random chance = random_seeded(1);
    for (int i = 0; i < 100000; i++) {
        uint64_t ns = random_sized(&chance, 63);
        duration_print(ns, text);
        ck_assert_msg(parse(text) == ns, "%lu ns is written %s and read back as %lu ns", ns, text,
                      parse(text));
    }
}
END_TEST

Suite *duration_suite(void);
Suite *duration_suite(void)
{
    enum {
        DURATIONS = sizeof durations / sizeof durations[0],
        REFUSED = sizeof refused / sizeof refused[0],
        PRINTED = sizeof printed / sizeof printed[0],
    };
    Suite *suite = suite_create("duration");
    TCase *tests = tcase_create("duration");
    tcase_add_loop_test(tests, a_duration_is_read_to_the_nanosecond, 0, DURATIONS);
    tcase_add_loop_test(tests, what_is_no_duration_is_refused_with_an_example, 0, REFUSED);
    tcase_add_test(tests, the_setter_of_a_flag_does_the_same);
    tcase_add_loop_test(tests, a_duration_is_written_as_go_writes_it, 0, PRINTED);
    tcase_add_loop_test(tests, a_rounded_one_keeps_the_next_finer_unit_as_vegeta_does, 0, PRINTED);
    tcase_add_test(tests, the_longest_fits);
    tcase_add_test(tests, what_is_written_is_read_back_the_same);
    suite_add_tcase(suite, tests);
    return suite;
}
