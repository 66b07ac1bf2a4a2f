#include <check.h>

#include "loadgen/command/flags/size.h"

static struct err err;

static const struct {
    const char *text;
    uint64_t bytes;
} good[] = {
    {"0", 0},           {"512", 512},         {"512B", 512},      {"1k", 1024},
    {"64KB", 65536},    {"10 MB", 10 << 20},  {"10mb", 10 << 20}, {"1GiB", 1 << 30},
    {"2T", 1ULL << 41}, {"15E", 15ULL << 60}, {"-1", UINT64_MAX}, {"1 kib", 1024},
};

START_TEST(sizes_are_vegetas)
{
    struct size size = {0};
    ck_assert_msg(size_set(&size, good[_i].text, &err), "%s", err.text);
    ck_assert(size.is_given);
    ck_assert_uint_eq(size.bytes, good[_i].bytes);
}
END_TEST

static const char *const bad[] = {"",   "-2",   "ten",   "10 XB", "1.5MB", "16E",
                                  "KB", "1MBB", "1 M B", "+1",    " 1",    "99999999999999999999"};

START_TEST(what_is_no_size_is_refused)
{
    struct size size = {0};
    ck_assert_msg(!size_set(&size, bad[_i], &err), "%s", bad[_i]);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert(!size.is_given);
}
END_TEST

Suite *size_suite(void);
Suite *size_suite(void)
{
    Suite *suite = suite_create("size");
    TCase *tests = tcase_create("size");
    tcase_add_loop_test(tests, sizes_are_vegetas, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, what_is_no_size_is_refused, 0, sizeof bad / sizeof bad[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
