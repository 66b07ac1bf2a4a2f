#include <check.h>
#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/plot/assets/assets.h"
#include "loadgen/plot/page.h"
#include "tests/support/printed.h"

static const char title[] = "</title><script>alert(1)</script> & 'more'";
static const char name[] = "a</script><b>\"\xc3\xa9";
static const char error_text[] = "<i>&amp; gone";

static struct summary *summary;
static struct timeline *timeline;
static struct printed printed;
static struct err err;

static void setup(void)
{
    err.code = ERR_NONE;
    summary = summary_create();
    timeline = timeline_create(64, 8);
}

static void teardown(void)
{
    printed_free(&printed);
    summary_destroy(summary);
    timeline_destroy(timeline);
}

static void add(uint64_t intended_ns, uint64_t latency_ns, uint16_t row, uint16_t code)
{
    struct result result = {
        .intended_ns = intended_ns,
        .service_ns = latency_ns,
        .row = row,
        .code = code,
        .outcome = code ? OUTCOME_ANSWERED : OUTCOME_RESET,
        .error = code ? NULL : text_pool_intern(&summary->texts, error_text),
    };
    tally_add(summary->tally, &result);
    timeline_add(timeline, &result);
}

static void write_page(void)
{
    struct page page = {.title = title, .summary = summary, .timeline = timeline};
    ck_assert_msg(page_write(&page, printed_open(&printed), &err), "%s", err.text);
    printed_close(&printed);
}

static size_t occurrences(const char *part)
{
    size_t count = 0;
    for (const char *at = printed.text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

static json_t *page_data(void)
{
    const char *begin = strstr(printed.text, "id=\"data\">") + strlen("id=\"data\">");
    json_t *data = json_loadb(begin, (size_t)(strstr(begin, "</script>") - begin), 0, NULL);
    ck_assert_ptr_nonnull(data);
    return data;
}

START_TEST(no_text_gets_out_of_its_place)
{
    rows_add(&summary->rows, name);
    add(0, NS_PER_MS, 0, 200);
    add(1, NS_PER_MS, 0, 0);
    write_page();
    ck_assert_ptr_null(strstr(printed.text, "<script>alert"));
    ck_assert_ptr_null(strstr(printed.text, "a</script>"));
    ck_assert_ptr_null(strstr(printed.text, "<i>"));
    ck_assert_uint_eq(occurrences("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; "
                                  "&#39;more&#39;"),
                      2);
    ck_assert_ptr_nonnull(strstr(printed.text, "<td class=\"text\">&lt;i&gt;&amp;amp; gone</td>"));
    json_t *data = page_data();
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(data, "series"), 0), "name")),
                     name);
    json_decref(data);
}
END_TEST

START_TEST(the_page_is_whole_and_asks_for_nothing)
{
    write_page();
    regex_t slot;
    ck_assert_int_eq(regcomp(&slot, "[{][{][a-z]+[}][}]", REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_int_eq(regexec(&slot, asset_page_html, 0, NULL, 0), 0);
    ck_assert_int_eq(regexec(&slot, printed.text, 0, NULL, 0), REG_NOMATCH);
    regfree(&slot);
    ck_assert_ptr_null(strstr(printed.text, "sourceMappingURL"));
    ck_assert_ptr_null(strstr(printed.text, " src="));
    ck_assert_ptr_null(strstr(printed.text, "<link"));
    ck_assert_ptr_nonnull(strstr(printed.text, "default-src 'none'"));
    ck_assert_ptr_nonnull(strstr(printed.text, asset_page_css));
    ck_assert_ptr_nonnull(strstr(printed.text, asset_chart_js));
    ck_assert_ptr_nonnull(strstr(printed.text, asset_page_js));
    ck_assert_uint_eq(occurrences("<script"), 3);
    ck_assert_uint_eq(occurrences("</script"), 3);
    ck_assert_str_eq(printed.text + printed.length - strlen("</html>\n"), "</html>\n");
}
END_TEST

/* All of the library but its last line, which names another file. */
START_TEST(dygraphs_is_in_it)
{
    write_page();
    char *library = strdup(asset_dygraph_js);
    *strstr(library, "//# sourceMappingURL") = '\0';
    ck_assert_uint_gt(strlen(library), 100000);
    ck_assert_ptr_nonnull(strstr(printed.text, library));
    free(library);
}
END_TEST

START_TEST(few_results_are_each_in_it_and_many_are_not)
{
    for (uint64_t i = 0; i < 8; i++) {
        add(i * NS_PER_S, (i + 1) * NS_PER_MS, 0, 200);
    }
    write_page();
    json_t *data = page_data();
    const json_t *points = json_object_get(data, "points");
    ck_assert_uint_eq(json_array_size(points), 8);
    const json_t *last = json_array_get(points, 7);
    ck_assert_double_eq(json_number_value(json_array_get(last, 0)), 7);
    ck_assert_double_eq(json_number_value(json_array_get(last, 1)), 8);
    json_decref(data);
    add(8 * NS_PER_S, 123456789, 0, 200);
    write_page();
    data = page_data();
    ck_assert(json_is_null(json_object_get(data, "points")));
    ck_assert_int_eq(json_integer_value(json_object_get(data, "requests")), 9);
    const json_t *cells =
        json_object_get(json_array_get(json_object_get(data, "series"), 0), "cells");
    ck_assert_uint_eq(json_array_size(cells), 9);
    const json_t *cell = json_array_get(cells, 8);
    ck_assert_double_eq_tol(json_number_value(json_array_get(cell, 5)), 123.4568, 1e-3);
    json_decref(data);
}
END_TEST

START_TEST(the_distribution_ends_with_the_slowest)
{
    for (uint64_t i = 1; i <= 1000; i++) {
        add(i * NS_PER_MS, i * 1000, 0, 200);
    }
    write_page();
    json_t *data = page_data();
    const json_t *all =
        json_object_get(json_object_get(json_object_get(data, "percentiles"), "latency"), "all");
    size_t last = json_array_size(all) - 1;
    for (size_t i = 0; i <= last; i++) { /* the value at percentile p is 1000 p µs */
        double x = json_number_value(json_array_get(json_array_get(all, i), 0));
        double ms = json_number_value(json_array_get(json_array_get(all, i), 1));
        double expected = fmax(1, ceil(1000 * (1 - pow(10, -x)))) / 1000;
        ck_assert_double_eq_tol(ms, expected, 0.0011 * expected);
    }
    ck_assert_double_eq(json_number_value(json_array_get(json_array_get(all, last), 1)), 1);
    json_decref(data);
}
END_TEST

/* The last percentile of all requests, in ms. */
static double slowest_ms(const json_t *data, const char *span)
{
    const json_t *all =
        json_object_get(json_object_get(json_object_get(data, "percentiles"), span), "all");
    return json_number_value(json_array_get(json_array_get(all, json_array_size(all) - 1), 1));
}

START_TEST(the_distribution_shows_what_lag_did)
{
    struct result result = {.lag_ns = 3 * NS_PER_MS, .service_ns = NS_PER_MS, .code = 200};
    tally_add(summary->tally, &result);
    timeline_add(timeline, &result);
    write_page();
    json_t *data = page_data();
    ck_assert_double_eq(slowest_ms(data, "latency"), 4);
    ck_assert_double_eq(slowest_ms(data, "response"), 1);
    json_decref(data);
}
END_TEST

START_TEST(a_page_of_no_results_can_be_made)
{
    write_page();
    ck_assert_ptr_nonnull(strstr(printed.text, "No results."));
    json_decref(page_data());
}
END_TEST

START_TEST(a_row_that_may_lack_results_is_partial)
{
    uint64_t full = rows_hash("all");
    rows_add(&summary->rows, "few");
    rows_add(&summary->rows, "all");
    rows_merge_full(&summary->rows, &full, 1, 3);
    add(0, 1, 0, 200);
    add(0, 1, 1, 200);
    write_page();
    ck_assert_ptr_nonnull(strstr(printed.text, ">few (partial)</th>"));
    ck_assert_ptr_nonnull(strstr(printed.text, ">all</th>"));
    json_t *data = page_data();
    json_t *series = json_object_get(data, "series");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(series, 0), "name")),
                     "few (partial)");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(series, 1), "name")), "all");
    json_decref(data);
}
END_TEST

Suite *page_suite(void);
Suite *page_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *tests = tcase_create("page");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, no_text_gets_out_of_its_place);
    tcase_add_test(tests, the_page_is_whole_and_asks_for_nothing);
    tcase_add_test(tests, dygraphs_is_in_it);
    tcase_add_test(tests, few_results_are_each_in_it_and_many_are_not);
    tcase_add_test(tests, the_distribution_ends_with_the_slowest);
    tcase_add_test(tests, the_distribution_shows_what_lag_did);
    tcase_add_test(tests, a_page_of_no_results_can_be_made);
    tcase_add_test(tests, a_row_that_may_lack_results_is_partial);
    suite_add_tcase(suite, tests);
    return suite;
}
