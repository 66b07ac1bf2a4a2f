/* Schedules as flags: what is refused, and what is said then. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/pace/schedule_text.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

static struct err err;

static const struct {
    cli_set_fn *set;
    const char *text;
    const char *form; /* in the message */
} refused[] = {
    {schedule_set_arrival, "uniform", "use constant or poisson"},
    {schedule_set_arrival, "ramp", "use constant or poisson"},
    {schedule_set_arrival, "", "use constant or poisson"},
    {schedule_set_ramp, "", "10:500"},
    {schedule_set_ramp, "10", "10:500"},
    {schedule_set_ramp, "10:", "10:500"},
    {schedule_set_ramp, ":10", "10:500"},
    {schedule_set_ramp, "10:20:30", "10:500"},
    {schedule_set_ramp, "-1:20", "10:500"},
    {schedule_set_ramp, "1:infinity", "10:500"},
    {schedule_set_ramp, "1.5:20", "10:500"},
    {schedule_set_ramp, "1:0.5/s", "one request per nanosecond; 0.5/s is 1/2s"},
    {schedule_set_sine, "100:2.5:1m", "up); 2.5 is 5/2s"},
    {schedule_set_stages, "30s:1,30s:.1", "in 1m); .1 is 1/10s"},
    {schedule_set_ramp, "1/7s:20", "10:500"}, /* no whole number an hour */
    {schedule_set_ramp, "1:1000000001", "one request per nanosecond"},
    {schedule_set_ramp, "18446744073709551615/ns:1", "one request per nanosecond"},
    {schedule_set_ramp, "0000000000000000000000000000000000000000000000000001:1", "10:500"},
    {schedule_set_sine, "", "100:50:1m"},
    {schedule_set_sine, "100", "100:50:1m"},
    {schedule_set_sine, "100:50", "100:50:1m"},
    {schedule_set_sine, "100:50:", "100:50:1m"},
    {schedule_set_sine, "100:50:0s", "100:50:1m"},
    {schedule_set_sine, "100:50:1m:", "100:50:1m"},
    {schedule_set_sine, "100:50:1m:left", "up, peak, down or trough"},
    {schedule_set_sine, "100:50:1m:up:", "up, peak, down or trough"},
    {schedule_set_sine, "100:50:1", "100:50:1m"},
    {schedule_set_sine, "100:-50:1m", "100:50:1m"},
    {schedule_set_stages, "", "30s:100,1m:500"},
    {schedule_set_stages, "30s", "30s:100,1m:500"},
    {schedule_set_stages, "30s:", "30s:100,1m:500"},
    {schedule_set_stages, ":100", "30s:100,1m:500"},
    {schedule_set_stages, "100:30s", "30s:100,1m:500"},
    {schedule_set_stages, "30s:100,", "30s:100,1m:500"},
    {schedule_set_stages, ",30s:100", "30s:100,1m:500"},
    {schedule_set_stages, "30s:100;1m:500", "30s:100,1m:500"},
    {schedule_set_stages, "30s:100, 1m:500", "30s:100,1m:500"},
    {schedule_set_stages, "30s=100", "30s:100,1m:500"},
    {schedule_set_stages, "30:100", "30s:100,1m:500"},
    {schedule_set_stages, "0s:100", "30s:100,1m:500"},
    {schedule_set_stages, "2000000h:1,2000000h:1", "30s:100,1m:500"},
};

START_TEST(what_is_no_schedule_is_refused_with_the_right_form)
{
    struct schedule_flags flags = {0};
    void *field = refused[_i].set == schedule_set_arrival  ? (void *)&flags.arrival
                  : refused[_i].set == schedule_set_sine   ? (void *)&flags.sine
                  : refused[_i].set == schedule_set_stages ? (void *)&flags.stages
                                                           : (void *)&flags;
    err = (struct err){0};
    ck_assert_msg(!refused[_i].set(field, refused[_i].text, &err), "taken: %s", refused[_i].text);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, refused[_i].form) != NULL, "got: %s", err.text);
}
END_TEST

START_TEST(as_many_stages_as_there_is_room_for)
{
    struct schedule_flags flags = {0};
    struct schedule schedule;
    char words[SCHEDULE_TEXT];
    char text[SCHEDULE_STAGES_MAX * 7 + 8] = "";
    for (size_t i = 0; i <= SCHEDULE_STAGES_MAX; i++) {
        snprintf(text + 7 * i, sizeof text - 7 * i, "1s:100,");
    }
    text[SCHEDULE_STAGES_MAX * 7 - 1] = '\0';
    err = (struct err){0};
    ck_assert_msg(schedule_set_stages(&flags.stages, text, &err), "%s", err.text);
    ck_assert(schedule_from_flags(&flags, &schedule, &err));
    ck_assert_uint_eq(schedule_count(&schedule, UINT64_MAX), SCHEDULE_STAGES_MAX * 100 - 50);
    schedule_print(&schedule, words);
    ck_assert_msg(strcmp(words + strlen(words) - 3, "...") == 0, "%s", words);
    text[SCHEDULE_STAGES_MAX * 7 - 1] = ',';
    text[SCHEDULE_STAGES_MAX * 7 + 6] = '\0';
    ck_assert(!schedule_set_stages(&flags.stages, text, &err));
    ck_assert_str_eq(err.text, "at most 64 stages");
}
END_TEST

#define RATE .rate = {100, NS_PER_S}
#define RAMP .has_ramp = true, .ramp = {0, 1, 2}
#define SINE .sine = {100, 50, NS_PER_S, SINE_UP}
#define STAGE .stages = {{{NS_PER_S, 0, 100}}, 1}
#define LONG .duration_ns = NS_PER_S

static const struct {
    struct schedule_flags flags;
    const char *says;
} contradictions[] = {
    {{RATE, RAMP, LONG}, "order.rate and order.ramp both set the rate"},
    {{RATE, SINE, LONG}, "order.rate and order.sine both set the rate"},
    {{RATE, STAGE}, "order.rate and order.stages both set the rate"},
    {{RAMP, SINE, LONG}, "order.ramp and order.sine both set the rate"},
    {{SINE, STAGE}, "order.sine and order.stages both set the rate"},
    {{RAMP}, "order.ramp needs order.duration"},
    {{SINE}, "order.sine needs order.duration"},
    {{STAGE, LONG}, "order.duration and order.stages both set the duration"},
    {{.sine = {100, 100, NS_PER_S, SINE_UP}, LONG}, "order.sine: the amplitude must be less"},
    {{.has_ramp = true, LONG}, "order.ramp: all rates are 0"},
    {{.stages = {{{NS_PER_S, 0, 0}}, 1}}, "order.stages: all rates are 0"},
    {{.arrival = SCHEDULE_POISSON, .rate = {0, NS_PER_S}},
     "order.arrival poisson requires order.rate"},
    {{.arrival = SCHEDULE_POISSON,
      .rate = {1000000000, NS_PER_S},
      .duration_ns = 9008000 * NS_PER_S},
     "at most 2^53 requests"},
    {{.arrival = SCHEDULE_POISSON, RAMP, LONG}, "or order.ramp"},
    {{.arrival = SCHEDULE_POISSON, STAGE}, "or order.stages"},
};

START_TEST(flags_that_contradict_each_other_are_named)
{
    struct schedule schedule;
    err = (struct err){0};
    ck_assert(!schedule_from_flags(&contradictions[_i].flags, &schedule, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, contradictions[_i].says) != NULL, "got: %s", err.text);
}
END_TEST

START_TEST(without_flags_it_is_the_default_rate_until_stopped)
{
    struct schedule_flags flags = {.seed = 1};
    struct schedule schedule;
    ck_assert(schedule_from_flags(&flags, &schedule, &err));
    ck_assert_int_eq(schedule.type, SCHEDULE_CONSTANT);
    ck_assert_uint_eq(schedule.rate.count, 50);
    ck_assert_uint_eq(schedule.rate.per_ns, NS_PER_S);
    ck_assert_uint_eq(schedule.duration_ns, 0);
}
END_TEST

Suite *schedule_text_suite(void);
Suite *schedule_text_suite(void)
{
    Suite *suite = suite_create("schedule_text");
    TCase *tests = tcase_create("schedule_text");
    tcase_add_loop_test(tests, what_is_no_schedule_is_refused_with_the_right_form, 0,
                        COUNT(refused));
    tcase_add_test(tests, as_many_stages_as_there_is_room_for);
    tcase_add_loop_test(tests, flags_that_contradict_each_other_are_named, 0,
                        COUNT(contradictions));
    tcase_add_test(tests, without_flags_it_is_the_default_rate_until_stopped);
    suite_add_tcase(suite, tests);
    return suite;
}
