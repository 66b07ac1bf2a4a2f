#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/verdict/slo.h"

static const struct valid {
    const char *text;
    struct slo_criterion expected;
} valid[] = {
    {"p99<20ms", {.metric = SLO_PERCENTILE, .per_million = 990000, .op = SLO_BELOW, .limit = 20e6}},
    {"p99.9<=1.5s",
     {.metric = SLO_PERCENTILE, .per_million = 999000, .op = SLO_AT_MOST, .limit = 1.5e9}},
    {"p50 < 250\u00b5s",
     {.metric = SLO_PERCENTILE, .per_million = 500000, .op = SLO_BELOW, .limit = 250e3}},
    {"p99.9999<1m30s",
     {.metric = SLO_PERCENTILE, .per_million = 999999, .op = SLO_BELOW, .limit = 90e9}},
    {"p5<1h", {.metric = SLO_PERCENTILE, .per_million = 50000, .op = SLO_BELOW, .limit = 3600e9}},
    {"p0.1<7ns", {.metric = SLO_PERCENTILE, .per_million = 1000, .op = SLO_BELOW, .limit = 7}},
    {"mean<=0", {.metric = SLO_MEAN, .op = SLO_AT_MOST, .limit = 0}},
    {"max<100us", {.metric = SLO_MAX, .op = SLO_BELOW, .limit = 100e3}},
    {"errors<0.1%", {.metric = SLO_ERRORS, .op = SLO_BELOW, .unit = SLO_PERCENT, .limit = 0.1}},
    {"errors<=100%", {.metric = SLO_ERRORS, .op = SLO_AT_MOST, .unit = SLO_PERCENT, .limit = 100}},
    {"rate>500", {.metric = SLO_RATE, .op = SLO_ABOVE, .unit = SLO_PER_SECOND, .limit = 500}},
    {"throughput>=99.5%",
     {.metric = SLO_THROUGHPUT, .op = SLO_AT_LEAST, .unit = SLO_PERCENT, .limit = 99.5}},
    {"get-health:p99<20ms",
     {.target = "get-health",
      .metric = SLO_PERCENTILE,
      .per_million = 990000,
      .op = SLO_BELOW,
      .limit = 20e6}},
    {"GET /a:b : errors < 1%",
     {.target = "GET /a:b",
      .metric = SLO_ERRORS,
      .op = SLO_BELOW,
      .unit = SLO_PERCENT,
      .limit = 1}},
    {"\"GET /a,b<c:\" :max<1s",
     {.target = "GET /a,b<c:", .metric = SLO_MAX, .op = SLO_BELOW, .limit = 1e9}},
};
enum { VALID = sizeof valid / sizeof valid[0] };

START_TEST(what_is_written_is_what_is_meant)
{
    struct err err = {0};
    struct slo *slo = slo_parse(valid[_i].text, &err);
    ck_assert_msg(slo != NULL, "%s", err.text);
    const struct slo_criterion *got = &slo->list[0];
    const struct slo_criterion *expected = &valid[_i].expected;
    ck_assert_uint_eq(slo->count, 1);
    ck_assert_str_eq(got->text, valid[_i].text);
    ck_assert_pstr_eq(got->target, expected->target);
    ck_assert_int_eq(got->metric, expected->metric);
    ck_assert_uint_eq(got->per_million, expected->per_million);
    ck_assert_int_eq(got->op, expected->op);
    ck_assert_int_eq(got->unit, expected->unit);
    ck_assert_double_eq(got->limit, expected->limit);
    slo_destroy(slo);
}
END_TEST

START_TEST(commas_join_criteria_and_blanks_do_not_count)
{
    struct slo *slo = slo_parse(" p99<20ms ,\terrors < 0.1% , a b: max<1s ", NULL);
    ck_assert_ptr_nonnull(slo);
    ck_assert_uint_eq(slo->count, 3);
    ck_assert_str_eq(slo->list[0].text, "p99<20ms");
    ck_assert_str_eq(slo->list[1].text, "errors < 0.1%");
    ck_assert_str_eq(slo->list[2].text, "a b: max<1s");
    ck_assert_str_eq(slo->list[2].target, "a b");
    ck_assert_uint_eq(slo->list[2].offset, 28);
    slo_destroy(slo);
}
END_TEST

/* The ^ stands at `offset` of the expression. */
static const struct invalid {
    const char *text;
    size_t offset;
    const char *what;
} invalid[] = {
    {"", 0, "expected p50, p90"},
    {"p99<20ms,", 9, "expected p50, p90"},
    {",p99<20ms", 0, "expected p50, p90"},
    {"p99<20", 6, "expected a unit"},
    {"p99<20 ms", 6, "expected a unit"},
    {"p99<20mms", 6, "expected a unit"},
    {"p99<1m30", 8, "expected a unit"},
    {"p99<", 4, "expected a duration"},
    {"p99<-1ms", 4, "expected a duration"},
    {"p99<1.2.3ms", 4, "expected a duration"},
    {"p99<9999999999h", 4, "expected a duration"},
    {"p(99)<20ms", 1, "expected a number: p99"},
    {"p<20ms", 1, "expected a number: p99"},
    {"p100<1s", 1, "below 100"},
    {"p0<1s", 1, "above 0"},
    {"p99.99999<1s", 8, "four decimals"},
    {"p99", 3, "expected < or <="},
    {"p99=20ms", 3, "expected < or <="},
    {"p99>20ms", 3, "is a maximum"},
    {"p99<20ms p95<10ms", 9, "expected a comma"},
    {"p99<20ms;errors<1%", 6, "expected a unit"},
    {"errors<0.1", 10, "expected %"},
    {"errors<1e-3%", 8, "expected %"},
    {"errors<101%", 7, "at most 100%"},
    {"errors<.5%", 7, "expected a percentage"},
    {"errors<5.%", 7, "expected a percentage"},
    {"errors>1%", 6, "is a maximum"},
    {"rate<0.01", 4, "errors<1%"},
    {"rate>=100/s", 9, "expected a comma"},
    {"rate>=fast", 6, "expected a number per second"},
    {"erors<1%", 0, "did you mean errors"},
    {"med<1s", 0, "did you mean mean"},
    {":p99<1s", 0, "expected a target's name"},
    {"\"a:p99<1s", 0, "expected a closing \""},
    {"\"a\" p99<1s", 4, "expected a colon"},
    {"a:rate>1", 2, "the whole run"},
    {"a:<1s", 2, "expected p50, p90"},
};
enum { INVALID = sizeof invalid / sizeof invalid[0] };

START_TEST(what_is_wrong_is_pointed_at)
{
    const struct invalid *c = &invalid[_i];
    struct err err = {0};
    char place[128];
    ck_assert_ptr_null(slo_parse(c->text, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, c->what) != NULL, "%s: %s", c->text, err.text);
    snprintf(place, sizeof place, "\n    %s\n    %*s^", c->text, (int)c->offset, "");
    const char *shown = strchr(err.text, '\n');
    ck_assert_pstr_eq(shown, place);
}
END_TEST

START_TEST(letters_of_several_bytes_take_one_column)
{
    struct err err = {0};
    slo_parse("caf\u00e9 \u00b5:p99<1", &err);
    ck_assert_pstr_eq(strchr(err.text, '\n'), "\n    caf\u00e9 \u00b5:p99<1\n                ^");
}
END_TEST

START_TEST(a_long_expression_is_shown_around_the_place)
{
    char text[600] = "";
    size_t used = 0;
    struct err err = {0};
    for (int i = 0; i < 30; i++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "p99<2%cms,", i == 20 ? 'O' : '0');
    }
    ck_assert_ptr_null(slo_parse(text, &err));
    const char *line = strchr(err.text, '\n') + 1;
    const char *caret = strrchr(err.text, '^');
    const char *third = strrchr(err.text, '\n') + 1;
    ck_assert_int_eq(line[caret - third], 'O');
    ck_assert_msg(strncmp(line, "    ...", 7) == 0, "%s", err.text);
}
END_TEST

START_TEST(there_are_limits_to_what_is_read)
{
    char text[SLO_TEXT_MAX + 2];
    struct err err = {0};
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_ptr_null(slo_parse(text, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "longer than 4095 bytes"));
    size_t used = 0;
    for (int i = 0; i < SLO_CRITERIA_MAX + 1; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%smax<1s", i ? "," : "");
    }
    err = (struct err){0};
    ck_assert_ptr_null(slo_parse(text, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "at most 32"));
    text[strlen(text) - strlen(",max<1s")] = '\0';
    struct slo *slo = slo_parse(text, NULL);
    ck_assert_ptr_nonnull(slo);
    ck_assert_uint_eq(slo->count, SLO_CRITERIA_MAX);
    slo_destroy(slo);
}
END_TEST

START_TEST(a_limit_is_a_limit)
{
    static const struct {
        enum slo_operator op;
        bool below, at, above;
    } cases[] = {
        {SLO_BELOW, true, false, false},
        {SLO_AT_MOST, true, true, false},
        {SLO_ABOVE, false, false, true},
        {SLO_AT_LEAST, false, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slo_criterion criterion = {.op = cases[i].op, .limit = 5};
        ck_assert(slo_is_within(&criterion, 4.999) == cases[i].below);
        ck_assert(slo_is_within(&criterion, 5) == cases[i].at);
        ck_assert(slo_is_within(&criterion, 5.001) == cases[i].above);
        ck_assert(!slo_is_within(&criterion, NAN));
    }
}
END_TEST

Suite *slo_suite(void);
Suite *slo_suite(void)
{
    Suite *suite = suite_create("slo");
    TCase *tests = tcase_create("slo");
    tcase_add_loop_test(tests, what_is_written_is_what_is_meant, 0, VALID);
    tcase_add_test(tests, commas_join_criteria_and_blanks_do_not_count);
    tcase_add_loop_test(tests, what_is_wrong_is_pointed_at, 0, INVALID);
    tcase_add_test(tests, letters_of_several_bytes_take_one_column);
    tcase_add_test(tests, a_long_expression_is_shown_around_the_place);
    tcase_add_test(tests, there_are_limits_to_what_is_read);
    tcase_add_test(tests, a_limit_is_a_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
