#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/report.h"
#include "loadgen/report/text/text.h"
#include "tests/support/printed.h"

static struct summary *summary;
static struct printed printed;

static void setup(void)
{
    summary = summary_create();
}

static void teardown(void)
{
    printed_free(&printed);
    summary_destroy(summary);
}

static void add(struct result result)
{
    tally_add(summary->tally, &result);
}

static const char *tables(void)
{
    text_write_tables(summary, printed_open(&printed));
    return printed_close(&printed);
}

/* `part` stands there, and once. */
static void expect_has(const char *part)
{
    const char *at = strstr(tables(), part);
    ck_assert_msg(at != NULL, "no\n%s\nin\n%s", part, printed.text);
    ck_assert_msg(strstr(at + 1, part) == NULL, "twice\n%s\nin\n%s", part, printed.text);
}

static void expect_has_not(const char *part)
{
    ck_assert_msg(strstr(tables(), part) == NULL, "%s is in\n%s", part, printed.text);
}

START_TEST(a_table_of_targets_has_the_names_last)
{
    rows_add(&summary->rows, "GET /health");
    add((struct result){.row = 0, .service_ns = 1000, .code = 200});
    expect_has_not("GET /health"); /* one row would say what is said already */
    rows_add(&summary->rows, "POST /users");
    add((struct result){.row = 0, .service_ns = 1500, .code = 500});
    add((struct result){.row = 1, .lag_ns = 82 * NS_PER_MS, .code = 201});
    expect_has("\n requests  success       50       95       99      max  target\n"
               "        2   50.00%      1µs    1.5µs    1.5µs    1.5µs  GET /health\n"
               "        1  100.00%     82ms     82ms     82ms     82ms  POST /users\n");
    expect_has_not("other");
}
END_TEST

START_TEST(a_row_for_the_rest_says_what_it_is)
{
    rows_add(&summary->addresses, "127.0.0.1:5000");
    rows_add(&summary->addresses, "127.0.0.2:5000");
    add((struct result){.address_row = 0, .service_ns = 1, .code = 200});
    add((struct result){.address_row = 1, .service_ns = 2, .code = 200});
    expect_has("  address\n"
               "        1  100.00%      1ns      1ns      1ns      1ns  127.0.0.1:5000\n"
               "        1  100.00%      2ns      2ns      2ns      2ns  127.0.0.2:5000\n");
    add((struct result){.address_row = ROWS_OTHER, .service_ns = 3, .outcome = OUTCOME_DNS});
    expect_has("        1    0.00%      3ns      3ns      3ns      3ns  not known\n");
    summary->addresses.others = 1;
    expect_has("        1    0.00%      3ns      3ns      3ns      3ns  other\n");
}
END_TEST

START_TEST(errors_are_grouped_by_kind_in_one_order)
{
    static const char *const words[] = {"dns",      "connect", "reset",    "closed",
                                        "time-out", "tls",     "protocol", "http"};
    _Static_assert(sizeof words / sizeof words[0] == OUTCOMES_ALL, "each kind has a word");
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        ck_assert_str_eq(error_kind_names[report_kinds[i]], words[i]);
    }
    expect_has_not("errors");
    add((struct result){.code = 399, .service_ns = 1});
    expect_has_not("errors");
    add((struct result){.code = 400, .error = text_pool_intern(&summary->texts, "400 Bad")});
    add((struct result){.code = 404, .error = text_pool_intern(&summary->texts, "404 No")});
    add((struct result){.outcome = OUTCOME_TLS, .error = "x509"});
    add((struct result){.outcome = OUTCOME_DNS, .error = "no such host"});
    expect_has("\n   errors  kind      example\n"
               "        1  dns       no such host\n"
               "        1  tls       x509\n"
               "        2  http      400 Bad\n");
}
END_TEST

START_TEST(an_error_without_a_text_is_counted)
{
    add((struct result){.code = 500});
    expect_has("        1  http      \n");
}
END_TEST

START_TEST(what_no_result_says_is_not_recorded)
{
    add((struct result){.is_bare = true, .service_ns = 5, .code = 200});
    expect_has("\nSpans         [response, service, connect, ...] not recorded\n");
    expect_has("\nAddresses     [a row each]                      not recorded\n");
    expect_has_not("Service");
    add((struct result){.service_ns = 7, .lag_ns = 1, .code = 200});
    expect_has("Service         7ns      7ns      7ns      7ns      7ns      7ns      7ns\n");
    expect_has_not("not recorded");
}
END_TEST

START_TEST(times_have_three_digits_and_fit)
{
    static const uint64_t times[] = {999,
                                     123456,
                                     99949,
                                     99950,
                                     3600 * NS_PER_S - 1,
                                     UINT64_C(4999) * NS_PER_S,
                                     HISTOGRAM_MAX_NS};
    static const char *const expected[] = {"    999ns", "    123µs", "   99.9µs", "    100µs",
                                           "   1h0m0s", " 1h23m20s", " 9h46m40s"};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char line[64];
        tally_clear(summary->tally);
        add((struct result){.service_ns = times[i], .code = 200});
        snprintf(line, sizeof line, "\nService   %s%s", expected[i], expected[i]);
        expect_has(line);
    }
}
END_TEST

Suite *text_tables_suite(void);
Suite *text_tables_suite(void)
{
    Suite *suite = suite_create("text_tables");
    TCase *tests = tcase_create("text_tables");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_table_of_targets_has_the_names_last);
    tcase_add_test(tests, a_row_for_the_rest_says_what_it_is);
    tcase_add_test(tests, errors_are_grouped_by_kind_in_one_order);
    tcase_add_test(tests, an_error_without_a_text_is_counted);
    tcase_add_test(tests, what_no_result_says_is_not_recorded);
    tcase_add_test(tests, times_have_three_digits_and_fit);
    suite_add_tcase(suite, tests);
    return suite;
}
