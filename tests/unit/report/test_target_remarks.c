#include <check.h>

#include "loadgen/report/target_remarks.h"

static json_t *list;

static void teardown(void)
{
    json_decref(list);
}

/* Consumes the trials. */
static void collect(json_t *trials)
{
    list = target_remarks_collect(trials);
    json_decref(trials);
}

static void expect(size_t i, const char *text, const char *where)
{
    char seen[TARGET_REMARKS_WHERE];
    const json_t *remark = json_array_get(list, i);
    ck_assert_str_eq(json_string_value(json_object_get(remark, "text")), text);
    ck_assert_str_eq(target_remarks_where(remark, seen), where);
}

START_TEST(a_remark_stands_once_whatever_its_numbers)
{
    collect(json_pack("[{}, {s:{s:[s, s]}}, {s:{s:[s]}}, {s:{s:[s]}}]", "target", "remarks",
                      "2 pods restarted.", "10 requests were lost.", "target", "remarks",
                      "10 pods restarted.", "target", "remarks", "3 pods restarted."));
    ck_assert_uint_eq(json_array_size(list), 2);
    expect(0, "2 pods restarted.", "trial 2 and 2 more");
    expect(1, "10 requests were lost.", "trial 2");
}
END_TEST

START_TEST(another_word_is_another_remark)
{
    collect(json_pack("[{s:{s:[s, s, s]}}]", "target", "remarks", "1 pod is gone", "1 pod is gone.",
                      "1 pod"));
    ck_assert_uint_eq(json_array_size(list), 3);
}
END_TEST

START_TEST(what_is_no_remark_is_left_out)
{
    collect(json_pack("[n, i, {s:i}, {s:{s:[i, n]}}]", 1, "target", 3, "target", "remarks", 5));
    ck_assert_uint_eq(json_array_size(list), 0);
    json_decref(list);
    list = target_remarks_collect(NULL);
    ck_assert_uint_eq(json_array_size(list), 0);
}
END_TEST

Suite *target_remarks_suite(void);
Suite *target_remarks_suite(void)
{
    Suite *suite = suite_create("target_remarks");
    TCase *tests = tcase_create("target_remarks");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_remark_stands_once_whatever_its_numbers);
    tcase_add_test(tests, another_word_is_another_remark);
    tcase_add_test(tests, what_is_no_remark_is_left_out);
    suite_add_tcase(suite, tests);
    return suite;
}
