#include <check.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/measure/hdr/hdr_codec.h"
#include "loadgen/plot/assets/assets.h"
#include "loadgen/plot/capacity/page.h"
#include "tests/support/printed.h"

static struct printed printed;
static struct err err;

static void setup(void)
{
    err.code = ERR_NONE;
}

static void teardown(void)
{
    printed_free(&printed);
}

static json_t *make_histogram(uint64_t from_ns, uint64_t step_ns)
{
    struct histogram *h = calloc(1, sizeof *h);
    struct bytes bytes = {0};
    histogram_clear(h);
    for (uint64_t i = 0; i < 1000; i++) {
        histogram_record(h, from_ns + i * step_ns);
    }
    ck_assert(hdr_encode(h, &bytes));
    json_t *json = json_stringn(bytes.at, bytes.length);
    bytes_free(&bytes);
    free(h);
    return json;
}

static json_t *make_trial(double rate, const char *outcome, const char *reason)
{
    return json_pack(
        "{s:i, s:f, s:f, s:f, s:s, s:s, s:s, s:s, s:[s], s:{s:i, s:i, s:i, s:i, s:i}, "
        "s:{s:i, s:i}, s:[{s:s, s:n, s:i, s:i, s:s}], s:[], s:{s:s, s:f, s:f}, s:{s:o, s:o}, s:f}",
        "search", 1, "rate", rate, "duration_seconds", 10.0, "took_seconds", 11.0, "outcome",
        outcome, "step", "halve", "reason", reason, "start", "2026-11-29T10:00:00Z", "addresses",
        "127.0.0.1:5000", "latencies", "50th", 1500000, "95th", 1950000, "99th", 1990000, "max",
        1999000, "min", 1000000, "response", "min", 1000000, "max", 1999000, "slo", "criterion",
        "p99<100ms", "target", "limit", 100000000, "value", 1990000, "unit", "ns", "over_time",
        "generator", "why", "The generator was not the limit.", "throttled_seconds", 0.25,
        "stolen_seconds", 0.5, "histograms", "latency", make_histogram(NS_PER_MS, 1000), "response",
        make_histogram(NS_PER_MS, 1000), "throughput", 470.0);
}

static json_t *make_bounds(double good, double bad)
{
    return json_pack("{s:o, s:o}", "rate", good > 0 ? json_real(good) : json_null(), "upper",
                     bad > 0 ? json_real(bad) : json_null());
}

/* Consumes the trials. */
static json_t *make_result(const char *verdict, double good, double bad, json_t *trials)
{
    return json_pack("{s:i, s:s, s:o, s:s, s:{s:s, s:s, s:f}, s:{s:s}, s:[{s:s, s:o, s:i}], s:o}",
                     "format", 1, "verdict", verdict, "capacity", make_bounds(good, bad),
                     "sentence", "471.3/s meets the SLO, 476/s does not", "settings", "slo",
                     "p99<100ms", "arrival", "constant", "width", 0.02, "environment", "cpu_model",
                     "Example", "searches", "verdict", verdict, "capacity", make_bounds(good, bad),
                     "trials", 3, "trials", trials);
}

static json_t *make_found(void)
{
    return make_result("found", 471.3, 476,
                       json_pack("[o, o, o, o]", make_trial(250, "good", ""),
                                 make_trial(476, "bad", "p99<100ms (131ms)"),
                                 make_trial(471.3, "good", ""), make_trial(471.3, "good", "")));
}

/* Consumes the result. */
static void write_page(json_t *result)
{
    ck_assert_msg(capacity_page_write(result, printed_open(&printed), &err), "%s", err.text);
    printed_close(&printed);
    json_decref(result);
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(printed.text, part) != NULL, "not on the page: %s", part);
}

static json_t *page_data(void)
{
    const char *begin = strstr(printed.text, "id=\"data\">") + strlen("id=\"data\">");
    json_t *data = json_loadb(begin, (size_t)(strstr(begin, "</script>") - begin), 0, NULL);
    ck_assert_ptr_nonnull(data);
    return data;
}

START_TEST(the_first_screen_has_answer_certainty_and_limit)
{
    write_page(make_found());
    expect("<title>Capacity of 127.0.0.1:5000</title>");
    expect("<h1 class=\"answer\">The target sustains 471.3 requests per second.</h1>");
    expect("99% of the requests within 100ms. Result: 471.3/s meets the SLO, 476/s does not.");
    expect("Capacity of 127.0.0.1:5000, measured on 2026-11-29 at 10:00 UTC</p>");
    expect("<dd>By majority of trial time: at 471.3/s, 2 of 2 trials met "
           "the SLO; at "
           "476/s, 0 of 1 trial "
           "met the SLO. Another search should find the same capacity within 2%.</dd>");
    expect("<dd>At 476/s, the highest rate tried, the 99th percentile was 1.99ms, and the target "
           "answered 470 requests "
           "per second successfully.</dd>");
    expect("<dd>The target. At 476/s, it did not meet the SLO: p99&lt;100ms (131ms).</dd>");
    expect("<dd>The generator was not the limit.</dd>");
    expect("verdict clean reasons");
    expect("<dt>Throttled</dt><dd>at least 1s over all trials</dd>");
    expect("<dt>Stolen</dt><dd>2s over all trials</dd>");
}
END_TEST

START_TEST(the_slo_is_said_in_words)
{
    json_t *result = make_found();
    json_t *trial = json_array_get(json_object_get(result, "trials"), 0);
    json_object_set_new(trial, "slo",
                        json_pack("[{ss,sn},{ss,sn},{ss,ss}]", "criterion", "errors<=1%", "target",
                                  "criterion", "errors<0.5%", "target", "criterion", "a:p99<2s",
                                  "target", "a"));
    write_page(result);
    expect("errors of at most 1%, errors below 0.5% and a:p99&lt;2s. Result");
}
END_TEST

START_TEST(each_verdict_has_its_answer)
{
    write_page(make_result("above-maximum", 60, 0, json_pack("[o]", make_trial(60, "good", ""))));
    expect("The target sustains at least 60 requests per second.");
    expect("Nothing: no rate missed the SLO.");
    expect("<dd>No higher rate was tried.</dd>");
    write_page(make_result("below-minimum", 0, 50, json_pack("[o]", make_trial(50, "bad", "x"))));
    expect("The target does not sustain 50 requests per second.");
    expect("The target. At 50/s, it did not meet the SLO: x.");
    expect("verdict limit reasons");
    write_page(make_result("generator-limited", 12345.6, 0,
                           json_pack("[o]", make_trial(20000, "invalid", "Lag."))));
    expect("The target sustains at least 12,346 requests per second.");
    expect("The generator, not the target. At 20,000/s: Lag.</dd>");
    write_page(make_result("out-of-time", 0, 0, json_array()));
    expect("The capacity was not found.");
    expect("Not known: the search stopped too early.");
    expect("verdict unknown reasons");
}
END_TEST

START_TEST(rates_have_their_trials_by_outcome)
{
    write_page(make_found());
    expect("<tr><th scope=\"row\">250</th><td class=\"good\">● 1</td>");
    expect("<tr class=\"capacity\"><th scope=\"row\">471.3</th><td class=\"good\">●● 2</td>");
    expect("<tr><th scope=\"row\">476</th><td class=\"good\"></td><td class=\"bad\">× 1</td>");
}
END_TEST

START_TEST(the_data_has_percentiles_and_no_histograms)
{
    json_t *result = make_found();
    json_t *kept = json_deep_copy(result);
    json_incref(result);
    write_page(result);
    ck_assert(json_equal(result, kept)); /* it is only read */
    json_t *data = page_data();
    json_t *trials = json_object_get(json_object_get(data, "result"), "trials");
    ck_assert_uint_eq(json_array_size(trials), 4);
    ck_assert_ptr_null(json_object_get(json_array_get(trials, 0), "histograms"));
    json_t *list = json_object_get(data, "distributions");
    ck_assert_uint_eq(json_array_size(list), 3);
    static const int chosen[] = {0, 3, 1};
    for (size_t i = 0; i < 3; i++) {
        json_t *one = json_array_get(list, i);
        ck_assert_int_eq(json_integer_value(json_object_get(one, "trial")), chosen[i]);
        json_t *points = json_object_get(one, "latency");
        json_t *first = json_array_get(points, 0);
        json_t *last = json_array_get(points, json_array_size(points) - 1);
        ck_assert_double_eq(json_number_value(json_array_get(first, 1)), 1);
        ck_assert_double_eq(json_number_value(json_array_get(last, 1)), 1.999);
    }
    json_decref(data);
    json_decref(kept);
    json_decref(result);
}
END_TEST

START_TEST(no_text_gets_out_of_its_place)
{
    static const char evil[] = "</script><script>alert(1)</script><img src=x>";
    json_t *result = make_found();
    json_t *trial = json_array_get(json_object_get(result, "trials"), 1);
    json_object_set_new(trial, "reason", json_string(evil));
    json_object_set_new(trial, "outcome", json_string(evil));
    json_object_set_new(trial, "step", json_string(evil));
    json_object_set_new(result, "sentence", json_string(evil));
    json_array_set_new(
        json_object_get(json_array_get(json_object_get(result, "trials"), 0), "addresses"), 0,
        json_string(evil));
    json_object_set_new(json_object_get(result, "environment"), "pod", json_string(evil));
    write_page(result);
    ck_assert_ptr_null(strstr(printed.text, "<script>alert"));
    ck_assert_ptr_null(strstr(printed.text, "<img"));
    size_t scripts = 0;
    for (const char *at = printed.text; (at = strstr(at, "</script")) != NULL; at++) {
        scripts++;
    }
    ck_assert_uint_eq(scripts, 3);
    json_t *data = page_data();
    trial = json_array_get(json_object_get(json_object_get(data, "result"), "trials"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(trial, "reason")), evil);
    json_decref(data);
}
END_TEST

START_TEST(the_page_is_whole_and_asks_for_nothing)
{
    write_page(make_found());
    regex_t slot;
    ck_assert_int_eq(regcomp(&slot, "[{][{][a-z]+[}][}]", REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_int_eq(regexec(&slot, asset_capacity_html, 0, NULL, 0), 0);
    ck_assert_int_eq(regexec(&slot, printed.text, 0, NULL, 0), REG_NOMATCH);
    regfree(&slot);
    ck_assert_ptr_null(strstr(printed.text, "sourceMappingURL"));
    ck_assert_ptr_null(strstr(printed.text, " src="));
    ck_assert_ptr_null(strstr(printed.text, "<link"));
    expect("default-src 'none'");
    ck_assert_str_eq(printed.text + printed.length - strlen("</html>\n"), "</html>\n");
}
END_TEST

/* Whatever is missing or of another type. */
START_TEST(a_result_from_elsewhere_is_shown_as_far_as_it_goes)
{
    json_t *result =
        json_pack("{s:i, s:s, s:[n, i, {s:s, s:[], s:{s:s}}]}", "format", 1, "verdict", "found",
                  "trials", 3, "rate", "many", "slo", "histograms", "latency", "AAAA");
    ck_assert(capacity_page_can_show(result));
    write_page(result);
    json_decref(page_data());
    json_t *other = json_pack("{s:s}", "attack", "");
    ck_assert(!capacity_page_can_show(other));
    json_decref(other);
}
END_TEST

Suite *capacity_page_suite(void);
Suite *capacity_page_suite(void)
{
    Suite *suite = suite_create("capacity_page");
    TCase *tests = tcase_create("capacity_page");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_first_screen_has_answer_certainty_and_limit);
    tcase_add_test(tests, the_slo_is_said_in_words);
    tcase_add_test(tests, each_verdict_has_its_answer);
    tcase_add_test(tests, rates_have_their_trials_by_outcome);
    tcase_add_test(tests, the_data_has_percentiles_and_no_histograms);
    tcase_add_test(tests, no_text_gets_out_of_its_place);
    tcase_add_test(tests, the_page_is_whole_and_asks_for_nothing);
    tcase_add_test(tests, a_result_from_elsewhere_is_shown_as_far_as_it_goes);
    suite_add_tcase(suite, tests);
    return suite;
}
