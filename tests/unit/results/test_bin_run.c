/* Targets of several runs are merged by name, and one of the runs had more names than rows. */
#include <check.h>

#include "loadgen/results/bin/bin_run.h"
#include "loadgen/target/targets.h"

static struct summary *summary;
static struct bin_run run;

static void setup(void)
{
    summary = summary_create();
}

static void teardown(void)
{
    bin_run_fini(&run);
    summary_destroy(summary);
}

static void begin_run(void)
{
    bin_run_fini(&run);
    run = (struct bin_run){.summary = summary, .name = "it"};
}

static void name(size_t index, const char *name, const char *url)
{
    json_t *json = json_pack("{s:I, s:[{s:s, s:s, s:s}]}", "first", (json_int_t)index, "targets",
                             "name", name, "method", "GET", "url", url);
    bin_run_take_targets(&run, json);
    json_decref(json);
}

/* Names "n0", "n1"... for all rows, and then the target of all others. */
static void name_full(void)
{
    for (size_t i = 0; i < ROWS_MAX; i++) {
        char text[16];
        snprintf(text, sizeof text, "n%zu", i);
        name(i, text, "http://a/");
    }
    name(ROWS_MAX, TARGET_OTHERS, TARGET_OTHERS);
}

START_TEST(a_name_that_another_run_counted_as_other_is_partial)
{
    begin_run();
    name(0, "x", "http://a/"); /* has no room in the other run */
    name(1, "n7", "http://a/");
    begin_run();
    name_full();
    ck_assert(rows_is_partial(&summary->rows, rows_find(&summary->rows, "x")));
    for (size_t i = 1; i < ROWS_MAX; i++) {
        ck_assert_msg(!rows_is_partial(&summary->rows, i), "%s", rows_name(&summary->rows, i));
    }
    ck_assert_uint_eq(run.targets[ROWS_MAX].row, ROWS_OTHER);
}
END_TEST

START_TEST(a_run_alone_has_no_partial_row)
{
    begin_run();
    name_full();
    for (size_t i = 0; i < ROWS_MAX; i++) {
        ck_assert(!rows_is_partial(&summary->rows, i));
    }
}
END_TEST

/* As "# @name other targets" may say. */
START_TEST(a_target_with_the_name_of_the_others_is_none_of_them)
{
    begin_run();
    name(0, "x", "http://a/");
    begin_run();
    name(0, TARGET_OTHERS, "http://a/");
    ck_assert(!rows_is_partial(&summary->rows, 0));
}
END_TEST

Suite *bin_run_suite(void);
Suite *bin_run_suite(void)
{
    Suite *suite = suite_create("bin_run");
    TCase *tests = tcase_create("bin_run");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_name_that_another_run_counted_as_other_is_partial);
    tcase_add_test(tests, a_run_alone_has_no_partial_row);
    tcase_add_test(tests, a_target_with_the_name_of_the_others_is_none_of_them);
    suite_add_tcase(suite, tests);
    return suite;
}
