#include <check.h>
#include <stdint.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/pace/pacer.h"

__extension__ typedef unsigned __int128 wide;

static struct err err;

static const struct {
    const char *text;
    uint64_t count, per_ns;
} rates[] = {
    {"50", 50, NS_PER_S},
    {"50/s", 50, NS_PER_S},
    {"50/1s", 50, NS_PER_S},
    {"6000/m", 6000, 60 * NS_PER_S},
    {"3/2h30m", 3, 9000 * NS_PER_S},
    {"1/100ms", 1, 100 * NS_PER_MS},
    {"1/ms", 1, NS_PER_MS},
    {"7/us", 7, 1000},
    {"7/\u00b5s", 7, 1000},
    {"1/ns", 1, 1},
    {"0", 0, NS_PER_S},
    {"0/1s", 0, NS_PER_S},
    {"infinity", 0, NS_PER_S},
    {"3600000000000/h", UINT64_C(3600000000000), 3600 * NS_PER_S},
};

START_TEST(a_rate_is_a_number_of_requests_and_a_time)
{
    struct rate rate = {1, 1};
    ck_assert_msg(rate_set(&rate, rates[_i].text, &err), "%s", err.text);
    ck_assert_uint_eq(rate.count, rates[_i].count);
    ck_assert_uint_eq(rate.per_ns, rates[_i].per_ns);
}
END_TEST

static const char *const refused[] = {
    "",
    "x",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1.5",
    "1e3",
    "1/",
    "1/0",
    "1/0s",
    "1/-1s",
    "1/x",
    "/s",
    "1/s/s",
    "1/1",
    "1//s",
    "50/1 s",
    "1/2sx",
    "inf",
    "0x1",
    "infinity/s",
    "18446744073709551616",
    "1/99999999999999999999999999999999999999s",
};

START_TEST(what_is_no_rate_is_refused_with_an_example)
{
    struct rate rate = {0, 0};
    ck_assert_msg(!rate_set(&rate, refused[_i], &err), "\"%s\" was taken", refused[_i]);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, "is not a rate") && strstr(err.text, "3000/m"), "got: %s",
                  err.text);
}
END_TEST

static const struct {
    const char *text, *hint;
} hints[] = {
    {".01/s", "; .01/s is 1/100s"},
    {"0.5", "; 0.5 is 1/2s"},
    {"2.5/s", "; 2.5/s is 5/2s"},
    {"1.50/m", "; 1.50/m is 3/120s"},
    {"0.3/100ms", "; 0.3/100ms is 3/1s"},
    {"0.3/10ms", "; 0.3/10ms is 3/100ms"},
    {"10.0/s", "; 10.0/s is 10/1s"},
    {"12.", "; 12. is 12/1s"},
    {".0/s", ""},
    {"0.5/ns", "; 0.5/ns is 1/2ns"},
    {"1.5/ns", ""}, /* too many */
    {".", ""},
    {"1.2.3", ""},
    {"0.5/x", ""},
    {"0.5 /s", ""},
    {"-0.5/s", ""},
    {"0.00000000001/s", ""},
    {"0.1/9000000000s", ""},
    {"99999999999999999999.5", ""},
};

START_TEST(a_decimal_rate_is_refused_with_what_it_is)
{
    struct rate rate;
    struct rate meant;
    char hint[RATE_HINT];
    ck_assert_str_eq(rate_hint(hints[_i].text, hint), hints[_i].hint);
    ck_assert(!rate_set(&rate, hints[_i].text, &err));
    size_t length = strlen(err.text);
    ck_assert_msg(length >= strlen(hint) && strcmp(err.text + length - strlen(hint), hint) == 0,
                  "got: %s", err.text);
    if (hint[0]) {
        ck_assert(rate_set(&meant, strstr(hint, " is ") + 4, NULL));
    }
}
END_TEST

static const struct {
    struct rate rate;
    uint64_t k, due_ns;
} due[] = {
    {{50, NS_PER_S}, 0, 0},
    {{50, NS_PER_S}, 1, 20 * NS_PER_MS},
    {{3, NS_PER_S}, 1, 333333333},
    {{3, NS_PER_S}, 2, 666666666},
    {{3, NS_PER_S}, 3, NS_PER_S},
    {{7, 60 * NS_PER_S}, 700000000, UINT64_C(6000000000000000000)},
    {{3, NS_PER_S}, 1000000000, UINT64_C(333333333333333333)},
    {{UINT64_MAX, NS_PER_S}, UINT64_MAX, NS_PER_S},
    {{UINT64_MAX, UINT64_MAX}, UINT64_MAX - 1, UINT64_MAX - 1},
    {{UINT64_C(1) << 40, NS_PER_S}, UINT64_C(1) << 63, UINT64_C(8388608000000000)},
    {{1, UINT64_MAX}, 1, UINT64_MAX},
    {{5, 1}, 4, 0}, /* several requests a nanosecond */
    {{5, 1}, 5, 1},
};

START_TEST(a_request_is_due_at_its_number_over_the_rate)
{
    ck_assert_uint_eq(pacer_due_ns(due[_i].rate, due[_i].k), due[_i].due_ns);
}
END_TEST

/* A sum of rounded intervals would be 1/3 ns off more with every request. */
START_TEST(the_schedule_does_not_drift)
{
    struct rate rate = {3, NS_PER_S};
    for (uint64_t k = 0; k <= 1000000000; k += 999983) {
        uint64_t exact = (uint64_t)((wide)k * NS_PER_S / 3);
        ck_assert_uint_eq(pacer_due_ns(rate, k), exact);
    }
    ck_assert_uint_eq(pacer_due_ns((struct rate){60000, NS_PER_S}, 60000 * UINT64_C(86400)),
                      86400 * NS_PER_S);
}
END_TEST

START_TEST(moments_never_go_back_where_the_product_leaves_64_bits)
{
    struct rate rate = {12345, NS_PER_S};
    uint64_t k = UINT64_MAX / NS_PER_S - 1000;
    uint64_t before = pacer_due_ns(rate, k);
    for (uint64_t i = 1; i < 2000; i++) {
        uint64_t now = pacer_due_ns(rate, k + i);
        ck_assert_uint_ge(now - before, NS_PER_S / 12345);
        ck_assert_uint_le(now - before, NS_PER_S / 12345 + 1);
        before = now;
    }
}
END_TEST

static const struct {
    struct rate rate;
    uint64_t elapsed_ns, count;
} counts[] = {
    {{50, NS_PER_S}, 0, 0},
    {{50, NS_PER_S}, 1, 1},
    {{50, NS_PER_S}, 20 * NS_PER_MS, 1}, /* request 1 is due then, and not before */
    {{50, NS_PER_S}, 20 * NS_PER_MS + 1, 2},
    {{50, NS_PER_S}, 10 * NS_PER_S, 500},
    {{3, NS_PER_S}, 10 * NS_PER_S, 30},
    {{1, 10 * NS_PER_S}, 5 * NS_PER_S, 1},
    {{3, 7 * NS_PER_S}, 10 * NS_PER_S, 5}, /* 4.28... */
    {{100000, NS_PER_S}, 86400 * NS_PER_S, UINT64_C(8640000000)},
    {{1000000000, NS_PER_S}, UINT64_MAX, UINT64_MAX},
    {{1, UINT64_MAX}, UINT64_MAX, 1},
    {{UINT64_MAX, UINT64_MAX}, UINT64_MAX, UINT64_MAX},
    {{UINT64_MAX, NS_PER_S}, NS_PER_S, UINT64_MAX},
};

START_TEST(rate_times_duration_is_intended_rounded_up)
{
    ck_assert_uint_eq(pacer_count(counts[_i].rate, counts[_i].elapsed_ns), counts[_i].count);
}
END_TEST

/* Not a small number, as a product without its upper half would be. */
START_TEST(what_64_bits_cannot_hold_is_the_most_that_they_can)
{
    ck_assert_uint_eq(pacer_count((struct rate){UINT64_MAX, NS_PER_S}, 2 * NS_PER_S), UINT64_MAX);
    ck_assert_uint_eq(pacer_due_ns((struct rate){1, 3600 * NS_PER_S}, UINT64_C(6000000)),
                      UINT64_MAX);
}
END_TEST

START_TEST(a_request_is_counted_as_soon_as_its_moment_has_passed)
{
    static const struct rate some[] = {{50, NS_PER_S}, {3, NS_PER_S},     {7, 60 * NS_PER_S},
                                       {1, 1},         {99991, NS_PER_S}, {1, 3600 * NS_PER_S}};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        for (uint64_t k = 0; k < 1000000; k = k * 3 / 2 + 1) {
            uint64_t at = pacer_due_ns(some[i], k);
            ck_assert_uint_ge(pacer_count(some[i], at + 1), k + 1);
            ck_assert_uint_le(pacer_count(some[i], at), k + 1);
            bool is_whole = (wide)k * some[i].per_ns % some[i].count == 0;
            ck_assert(!is_whole || pacer_count(some[i], at) <= k);
        }
    }
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *pacer_suite(void);
Suite *pacer_suite(void)
{
    Suite *suite = suite_create("pacer");
    TCase *tests = tcase_create("pacer");
    tcase_add_loop_test(tests, a_rate_is_a_number_of_requests_and_a_time, 0, COUNT(rates));
    tcase_add_loop_test(tests, a_decimal_rate_is_refused_with_what_it_is, 0,
                        sizeof hints / sizeof hints[0]);
    tcase_add_loop_test(tests, what_is_no_rate_is_refused_with_an_example, 0, COUNT(refused));
    tcase_add_loop_test(tests, a_request_is_due_at_its_number_over_the_rate, 0, COUNT(due));
    tcase_add_test(tests, the_schedule_does_not_drift);
    tcase_add_test(tests, moments_never_go_back_where_the_product_leaves_64_bits);
    tcase_add_loop_test(tests, rate_times_duration_is_intended_rounded_up, 0, COUNT(counts));
    tcase_add_test(tests, what_64_bits_cannot_hold_is_the_most_that_they_can);
    tcase_add_test(tests, a_request_is_counted_as_soon_as_its_moment_has_passed);
    suite_add_tcase(suite, tests);
    return suite;
}
