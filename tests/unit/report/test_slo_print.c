/* Not under tsan: one thread. */
#include <check.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/verdict/judge.h"
#include "tests/support/judged.h"
#include "tests/support/printed.h"

static struct summary *summary;
static struct slo *slo;

static void setup(void)
{
    summary = judged_create();
    slo = NULL;
}

static void teardown(void)
{
    slo_destroy(slo);
    summary_destroy(summary);
}

START_TEST(people_see_each_criterion_with_what_was_seen)
{
    struct printed printed = {0};
    judged_add(summary, 199, 0, 200, NS_PER_MS);
    judged_add(summary, 1, 1, 0, NS_PER_MS);
    slo = slo_parse("p99<2ms,errors<0.1%,max<1s,c:mean<1s,rate>=10%", NULL);
    summary->scheduled_per_s = 1000;
    struct slo_verdict verdict = slo_judge(slo, summary);
    slo_print_text(&verdict, printed_open(&printed));
    ck_assert_str_eq(
        printed_close(&printed),
        "SLO           [measured, verdict]               missed\n"
        "  p99<2ms                                       1ms, met\n"
        "  errors<0.1%                                   0.5%, missed\n"
        "  max<1s                                        unbounded, missed (1 of "
        "200 requests got no response)\n"
        "  c:mean<1s                                     no data, missed (no target has this "
        "name; did you mean a?)\n"
        "  rate>=10%                                     100%, met\n");
    printed_free(&printed);
}
END_TEST

/* But a value never looks equal to the limit that it misses. max is exact. */
START_TEST(times_have_three_digits)
{
    char text[128];
    judged_add(summary, 10, 0, 200, 127959040);
    slo = slo_parse("max<100ms,max<127ms,max<128ms,max<127.9ms,max<127.91ms", NULL);
    struct slo_verdict verdict = slo_judge(slo, summary);
    slo_print_missed(&verdict, text, sizeof text);
    ck_assert_str_eq(text, "max<100ms (128ms), max<127ms (128ms), max<127.9ms (127.95904ms), "
                           "max<127.91ms (127.95904ms)");
}
END_TEST

/* The table of another run was full, and had a row for "b" only. */
START_TEST(a_partial_row_is_a_reason)
{
    uint64_t full = rows_hash("b");
    char why[SLO_REASON_TEXT];
    judged_add(summary, 10, 0, 200, NS_PER_MS);
    judged_add(summary, 10, 1, 200, NS_PER_MS);
    rows_merge_full(&summary->rows, &full, 1, 1);
    struct slo_finding finding = judged_by(summary, "a:p99<2ms", &slo);
    ck_assert(finding.is_held);
    ck_assert_str_eq(slo_print_reason(&finding, why),
                     "partial: some requests of this target may be counted as \"other\"");
    finding = judged_by(summary, "b:p99<2ms", &slo);
    ck_assert_str_eq(slo_print_reason(&finding, why), "");
    finding = judged_by(summary, "p99<2ms", &slo);
    ck_assert_str_eq(slo_print_reason(&finding, why), "");
}
END_TEST

START_TEST(pipelines_get_a_list)
{
    judged_add(summary, 199, 0, 200, NS_PER_MS);
    judged_add(summary, 1, 1, 0, NS_PER_MS);
    slo = slo_parse("p99<2ms,max<1s,b:errors<0.5%,rate>=2000", NULL);
    struct slo_verdict verdict = slo_judge(slo, summary);
    json_t *report = json_object();
    slo_print_json(NULL, report);
    ck_assert_uint_eq(json_object_size(report), 0);
    slo_print_json(&verdict, report);
    json_t *expected = json_loads(
        "{\"slo\":["
        "{\"criterion\":\"p99<2ms\",\"target\":null,\"limit\":2000000,\"value\":1000000,"
        "\"response\":1000000,\"unit\":\"ns\",\"held\":true,\"certain\":false,\"why\":null},"
        "{\"criterion\":\"max<1s\",\"target\":null,\"limit\":1000000000,\"value\":null,"
        "\"response\":null,\"unit\":\"ns\",\"held\":false,\"certain\":true,\"why\":\"1 of 200 "
        "requests got no response\"},"
        "{\"criterion\":\"b:errors<0.5%\",\"target\":\"b\",\"limit\":0.5,\"value\":100.0,"
        "\"response\":null,\"unit\":\"percent\",\"held\":false,\"certain\":true,"
        "\"why\":null},"
        "{\"criterion\":\"rate>=2000\",\"target\":null,\"limit\":2000.0,\"value\":1000.0,"
        "\"response\":null,\"unit\":\"per_second\",\"held\":false,\"certain\":true,"
        "\"why\":null}]}",
        0, NULL);
    ck_assert_ptr_nonnull(expected);
    char *text = json_dumps(report, 0);
    ck_assert_msg(json_equal(report, expected), "%s", text);
    free(text);
    json_decref(expected);
    json_decref(report);
}
END_TEST

Suite *slo_print_suite(void);
Suite *slo_print_suite(void)
{
    Suite *suite = suite_create("slo_print");
    TCase *tests = tcase_create("slo_print");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, people_see_each_criterion_with_what_was_seen);
    tcase_add_test(tests, times_have_three_digits);
    tcase_add_test(tests, a_partial_row_is_a_reason);
    tcase_add_test(tests, pipelines_get_a_list);
    suite_add_tcase(suite, tests);
    return suite;
}
