/* Pages in Prometheus' text format, and pages that are not. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "loadgen/scrape/exposition.h"

static struct exposition page;
static struct exposition_sample sample;

static enum exposition_read read_first(const char *text)
{
    page = (struct exposition){.rest = slice_of(text)};
    return exposition_next(&page, &sample);
}

static void expect_sample(const char *name, double value)
{
    ck_assert(slice_equals(sample.name, name));
    ck_assert_double_eq(sample.value, value);
}

START_TEST(samples_one_after_the_other)
{
    ck_assert_int_eq(
        read_first("# HELP a Text.\n# TYPE a counter\n\na 1\n  b{x=\"y\"} 2.5e3 1395066363000\r\n"
                   "c{} -3"),
        EXPOSITION_SAMPLE);
    expect_sample("a", 1);
    ck_assert_uint_eq(page.line, 4);
    ck_assert_int_eq(exposition_next(&page, &sample), EXPOSITION_SAMPLE);
    expect_sample("b", 2500);
    ck_assert(slice_equals(sample.labels, "x=\"y\""));
    ck_assert_int_eq(exposition_next(&page, &sample), EXPOSITION_SAMPLE);
    expect_sample("c", -3);
    ck_assert_uint_eq(sample.labels.length, 0);
    ck_assert_int_eq(exposition_next(&page, &sample), EXPOSITION_END);
    ck_assert_int_eq(exposition_next(&page, &sample), EXPOSITION_END);
}
END_TEST

START_TEST(values_that_are_no_numbers)
{
    ck_assert_int_eq(read_first("a NaN\n"), EXPOSITION_SAMPLE);
    ck_assert(isnan(sample.value));
    ck_assert_int_eq(read_first("a +Inf\n"), EXPOSITION_SAMPLE);
    ck_assert(isinf(sample.value));
}
END_TEST

START_TEST(labels_with_escapes_commas_and_braces)
{
    struct slice name, value, labels;
    ck_assert_int_eq(read_first("m { a = \"x\\\"}\\\\\" , b=\"1,2}\", } 7 # {t=\"9\"} 1\n"),
                     EXPOSITION_SAMPLE);
    expect_sample("m", 7);
    labels = sample.labels;
    ck_assert(exposition_next_label(&labels, &name, &value));
    ck_assert(slice_equals(name, "a") && slice_equals(value, "x\\\"}\\\\"));
    ck_assert(exposition_next_label(&labels, &name, &value));
    ck_assert(slice_equals(name, "b") && slice_equals(value, "1,2}"));
    ck_assert(!exposition_next_label(&labels, &name, &value));
}
END_TEST

static const char *const bad[] = {
    "a\n",
    "a b\n",
    "1a 1\n",
    "a 1 b\n",
    "a{x} 1\n",
    "a{x=y} 1\n",
    "a{x=\"y} 1\n",
    "a{x=\"y\" 1\n",
    "a{x=\"y\"z=\"1\"} 1\n",
    "<html>\n",
    "a 1x\n",
    "a{x=\"\\",
    "{x=\"y\"} 1\n",
    "a 11111111111111111111111111111111111111111111111111111111111111111\n",
};

START_TEST(lines_that_are_something_else)
{
    ck_assert_int_eq(read_first(bad[_i]), EXPOSITION_BAD);
    ck_assert_uint_eq(page.line, 1);
}
END_TEST

Suite *exposition_suite(void);
Suite *exposition_suite(void)
{
    Suite *suite = suite_create("exposition");
    TCase *tcase = tcase_create("exposition");
    tcase_add_test(tcase, samples_one_after_the_other);
    tcase_add_test(tcase, values_that_are_no_numbers);
    tcase_add_test(tcase, labels_with_escapes_commas_and_braces);
    tcase_add_loop_test(tcase, lines_that_are_something_else, 0, sizeof bad / sizeof bad[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
