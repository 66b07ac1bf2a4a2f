/* What targets are called, and which of them share a row of the report. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/read_targets.h"

static struct targets targets;
static const struct message_defaults defaults = {.keepalive = true};
static struct err err;

static void teardown(void)
{
    targets_free(&targets);
}

static bool read_text(const char *text)
{
    return read_targets(&targets, text, strlen(text), &defaults, &err);
}

static void expect_count(size_t count)
{
    expect_targets(&targets, count, &err);
}

/* Row, name. */
static const struct {
    const char *text, *name;
} names[] = {
    {"# @name get-health\nGET http://a/health\n", "get-health"},
    {"#@name   get health  \n\n# c\nGET http://a/health\n", "get health"},
    {"# @name a\n# @name b\nGET http://a/health\n", "b"},
    {"# @names a\nGET http://a/health\n", "GET /health"},
    {"GET http://a/health?x=1#y\n", "GET /health"},
    {"GET http://a?x=1\n", "GET /"},
    {"PUT http://a\n", "PUT /"},
    {"GET http://a/\u00e9\n", "GET /%C3%A9"},
};

START_TEST(a_name_is_what_the_comment_says_else_method_and_path)
{
    ck_assert_msg(read_text(names[_i].text), "%s", err.text);
    ck_assert_str_eq(targets.list[0].name, names[_i].name);
    ck_assert_str_eq(rows_name(&targets.rows, targets.list[0].row), names[_i].name);
}
END_TEST

START_TEST(a_name_is_for_one_target_and_equal_names_share_a_row)
{
    ck_assert(read_text("# @name x\nGET http://a/1\nGET http://a/2\n# @name x\nGET http://a/3\n"
                        "GET http://a/2?q\n"));
    static const char *const expected[] = {"x", "GET /2", "x", "GET /2"};
    static const uint16_t rows[] = {0, 1, 0, 1};
    expect_count(4);
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(targets.list[i].name, expected[i]);
        ck_assert_uint_eq(targets.list[i].row, rows[i]);
        ck_assert_uint_eq(targets.requests[i].row, rows[i]);
    }
    ck_assert_uint_eq(targets.rows.count, 2);
    uint64_t by_row[ROWS_ALL] = {0, 1000};
    targets_count_turns(&targets, 4 * 7 + 3, by_row); /* of the last turn the first three */
    ck_assert_uint_eq(by_row[0], 7 * 2 + 2);
    ck_assert_uint_eq(by_row[1], 1000 + 7 * 2 + 1);
}
END_TEST

START_TEST(after_512_names_the_rest_share_a_row)
{
    char text[16384];
    size_t used = 0;
    for (int i = 0; i < ROWS_MAX + 36; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "GET http://a/%d\n", i);
    }
    ck_assert(read_text(text));
    expect_count(ROWS_MAX + 36);
    ck_assert_uint_eq(targets.list[511].row, 511);
    ck_assert_uint_eq(targets.requests[512].row, ROWS_OTHER);
    ck_assert_str_eq(targets.list[512].name, "GET /512");
    ck_assert_uint_eq(targets.rows.others, 36);
}
END_TEST

enum { NAMES = sizeof names / sizeof names[0] };

Suite *target_names_suite(void);
Suite *target_names_suite(void)
{
    Suite *suite = suite_create("target_names");
    TCase *tests = tcase_create("target_names");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, a_name_is_what_the_comment_says_else_method_and_path, 0, NAMES);
    tcase_add_test(tests, a_name_is_for_one_target_and_equal_names_share_a_row);
    tcase_add_test(tests, after_512_names_the_rest_share_a_row);
    suite_add_tcase(suite, tests);
    return suite;
}
