#include <check.h>
#include <stdio.h>

#include "loadgen/target/rows.h"

static struct rows rows;

static void teardown(void)
{
    rows_free(&rows);
}

START_TEST(the_same_name_is_the_same_row)
{
    ck_assert_uint_eq(rows_add(&rows, "GET /a"), 0);
    ck_assert_uint_eq(rows_add(&rows, "GET /b"), 1);
    ck_assert_uint_eq(rows_add(&rows, "GET /a"), 0);
    ck_assert_uint_eq(rows.count, 2);
    ck_assert_uint_eq(rows.others, 0);
    ck_assert_str_eq(rows_name(&rows, 0), "GET /a");
    ck_assert_str_eq(rows_name(&rows, 1), "GET /b");
}
END_TEST

START_TEST(names_beyond_the_last_row_share_one)
{
    char name[16];
    for (int i = 0; i < ROWS_MAX + 36; i++) {
        snprintf(name, sizeof name, "n%d", i);
        ck_assert_uint_eq(rows_add(&rows, name), i < ROWS_MAX ? i : ROWS_OTHER);
    }
    ck_assert_uint_eq(rows.count, ROWS_MAX);
    ck_assert_uint_eq(rows.others, 36);
    ck_assert_uint_eq(rows_find(&rows, "n511"), 511);
    ck_assert_uint_eq(rows_find(&rows, "n512"), ROWS_OTHER);
    ck_assert_uint_eq(rows.others, 36);
    ck_assert_uint_eq(rows_add(&rows, "n63"), 63);
    ck_assert_str_eq(rows_name(&rows, 63), "n63");
    ck_assert_str_eq(rows_name(&rows, ROWS_OTHER), "other");
}
END_TEST

Suite *rows_suite(void);
Suite *rows_suite(void)
{
    Suite *suite = suite_create("rows");
    TCase *tests = tcase_create("rows");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, the_same_name_is_the_same_row);
    tcase_add_test(tests, names_beyond_the_last_row_share_one);
    suite_add_tcase(suite, tests);
    return suite;
}
