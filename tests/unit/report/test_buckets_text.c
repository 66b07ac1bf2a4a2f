#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/buckets_text.h"

static struct buckets buckets;
static struct err err;

START_TEST(bounds_are_read_and_the_first_is_zero)
{
    ck_assert(buckets_parse(&buckets, "[0,1ms,1m1.5s]", 0, &err));
    ck_assert_uint_eq(buckets.count, 3);
    ck_assert_uint_eq(buckets.from_ns[1], NS_PER_MS);
    ck_assert_uint_eq(buckets.from_ns[2], 61500 * NS_PER_MS);
    ck_assert(buckets_parse(&buckets, "hist[ 1ns\t, 2us ]", 4, &err));
    ck_assert_uint_eq(buckets.count, 3);
    ck_assert_uint_eq(buckets.from_ns[0], 0);
    ck_assert_uint_eq(buckets.from_ns[1], 1);
    ck_assert_uint_eq(buckets.from_ns[2], 2000);
    ck_assert(buckets_parse(&buckets, "[0]", 0, &err));
    ck_assert_uint_eq(buckets.count, 1);
}
END_TEST

/* The last line of an error has its ^ below the place. */
static const struct bad {
    const char *text;
    const char *what;
    int place;
} bad[] = {
    {"", "expected buckets such as", 0},
    {"0,1ms", "expected buckets such as", 0},
    {"[", "missing bound", 1},
    {"[]", "missing bound", 1},
    {"[1ms,]", "missing bound", 5},
    {"[1ms,,2ms]", "missing bound", 5},
    {"[1ms, ,2ms]", "missing bound", 6},
    {"[1ms,2ms", "missing ]", 8},
    {"[1ms 2ms]", "expected a comma or ]", 5},
    {"[1ms,2ms] x", "nothing may follow", 9},
    {"[1ms,2ms]]", "nothing may follow", 9},
    {"[1,2ms]", "invalid bound", 1},
    {"[-1ms,2ms]", "invalid bound", 1},
    {"[1ms,2 ms]", "invalid bound", 5},
    {"[1ms,1x]", "invalid bound", 5},
    {"[0,99999999999999999999h]", "invalid bound", 3},
    {"[0,0000000000000000000000000000000000000000001ms]", "invalid bound", 3},
    {"[1ms, 1ms]", "bounds must ascend", 6},
    {"[0,2ms,1ms]", "bounds must ascend", 7},
    {"[0,0]", "bounds must ascend", 3},
};

START_TEST(what_is_wrong_is_pointed_at)
{
    char expected[256];
    ck_assert(!buckets_parse(&buckets, bad[_i].text, 0, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_ptr_eq(strstr(err.text, bad[_i].what), err.text);
    snprintf(expected, sizeof expected, "\n    %s\n    %*s^", bad[_i].text, bad[_i].place, "");
    ck_assert_msg(strstr(err.text, expected) != NULL, "%s", err.text);
}
END_TEST

START_TEST(there_may_be_so_many_and_no_more)
{
    char text[4096];
    for (int count = BUCKETS_MAX; count <= BUCKETS_MAX + 1; count++) {
        size_t used = 0;
        for (int i = 0; i < count; i++) {
            used += (size_t)sprintf(text + used, "%s%dms", i ? "," : "[", i);
        }
        snprintf(text + used, sizeof text - used, "]");
        err.code = ERR_NONE;
        ck_assert(buckets_parse(&buckets, text, 0, &err) == (count == BUCKETS_MAX));
    }
    ck_assert_ptr_eq(strstr(err.text, "at most 128 buckets are allowed"), err.text);
    ck_assert(buckets_parse(&buckets, "[0]", 0, &err));
}
END_TEST

Suite *buckets_text_suite(void);
Suite *buckets_text_suite(void)
{
    Suite *suite = suite_create("buckets_text");
    TCase *tests = tcase_create("buckets_text");
    tcase_add_test(tests, bounds_are_read_and_the_first_is_zero);
    tcase_add_loop_test(tests, what_is_wrong_is_pointed_at, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, there_may_be_so_many_and_no_more);
    suite_add_tcase(suite, tests);
    return suite;
}
