#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/measure/exceptions.h"

static struct exceptions all;

static void setup(void)
{
    exceptions_init(&all);
}

static void teardown(void)
{
    exceptions_fini(&all);
}

START_TEST(errors_are_counted_by_message)
{
    exceptions_add(&all, "a.lua:1: x\nstack traceback:\n\t[C]: in f\n\ta.lua:1: in g");
    exceptions_add(&all, "a.lua:2: x");
    exceptions_add(&all, "a.lua:1: x\nstack traceback:\n\tanother way");
    ck_assert_uint_eq(all.total, 3);
    ck_assert_uint_eq(all.count, 2);
    ck_assert_uint_eq(all.list[0].count, 2);
    ck_assert_str_eq(all.list[0].message, "a.lua:1: x");
    ck_assert_str_eq(all.list[0].traceback, "[C]: in f\na.lua:1: in g");
    ck_assert_str_eq(all.list[1].message, "a.lua:2: x");
    ck_assert_str_eq(all.list[1].traceback, "");
}
END_TEST

START_TEST(texts_of_scripts_are_harmless)
{
    char text[8192];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    exceptions_add(&all, "\033[31m\xff line\nline\nstack traceback:\n\t\033a\n\n\tb\xc3");
    exceptions_add(&all, text);
    ck_assert_str_eq(all.list[0].message, "?[31m? line?line");
    ck_assert_str_eq(all.list[0].traceback, "?a\n\nb?");
    ck_assert_uint_eq(strlen(all.list[1].message), EXCEPTION_MESSAGE);
}
END_TEST

START_TEST(what_does_not_fit_is_counted)
{
    struct exceptions sum;
    for (int i = 0; i < EXCEPTIONS_MAX + 10; i++) {
        char text[16];
        snprintf(text, sizeof text, "a.lua:%d: x", i % (EXCEPTIONS_MAX + 5));
        exceptions_add(&all, text);
    }
    ck_assert_uint_eq(all.count, EXCEPTIONS_MAX);
    ck_assert_uint_eq(all.total, EXCEPTIONS_MAX + 10);
    ck_assert_uint_eq(exceptions_others(&all), 5);
    ck_assert_uint_eq(all.list[4].count, 2);
    exceptions_init(&sum);
    exceptions_add(&sum, "b.lua:1: y");
    exceptions_merge(&sum, &all);
    ck_assert_uint_eq(sum.total, EXCEPTIONS_MAX + 11);
    ck_assert_uint_eq(exceptions_others(&sum), 6);
    ck_assert_uint_eq(sum.list[5].count, 2);
    exceptions_fini(&sum);
}
END_TEST

START_TEST(a_copy_follows)
{
    struct exceptions copy;
    exceptions_init(&copy);
    exceptions_follow(&copy, &all);
    ck_assert_uint_eq(copy.total, 0);
    for (int i = 0; i < 3; i++) {
        exceptions_add(&all, i == 1 ? "b" : "a");
        exceptions_follow(&copy, &all);
        exceptions_follow(&copy, &all);
        ck_assert_uint_eq(copy.total, all.total);
        ck_assert_uint_eq(copy.count, all.count);
        ck_assert_uint_eq(copy.list[0].count, all.list[0].count);
    }
    exceptions_fini(&copy);
}
END_TEST

START_TEST(json_keeps_them)
{
    struct exceptions read;
    for (int i = 0; i < EXCEPTIONS_MAX + 3; i++) {
        char text[64];
        snprintf(text, sizeof text, "a.lua:%d: x\nstack traceback:\n\tone\n\ttwo", i);
        exceptions_add(&all, text);
    }
    exceptions_init(&read);
    json_t *list = exceptions_to_json(&all);
    for (size_t i = 0; i < json_array_size(list); i++) {
        exceptions_count_json(&read, json_array_get(list, i));
    }
    json_t *again = exceptions_to_json(&read);
    ck_assert(json_equal(list, again));
    ck_assert_uint_eq(json_array_size(list), EXCEPTIONS_MAX + 1);
    ck_assert_uint_eq(exceptions_others(&read), 3);
    json_decref(list);
    json_decref(again);
    exceptions_fini(&read);
}
END_TEST

Suite *exceptions_suite(void);
Suite *exceptions_suite(void)
{
    Suite *suite = suite_create("exceptions");
    TCase *tc = tcase_create("exceptions");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, errors_are_counted_by_message);
    tcase_add_test(tc, texts_of_scripts_are_harmless);
    tcase_add_test(tc, what_does_not_fit_is_counted);
    tcase_add_test(tc, a_copy_follows);
    tcase_add_test(tc, json_keeps_them);
    suite_add_tcase(suite, tc);
    return suite;
}
