/* Not under tsan: one thread. */
/* Schedules are arithmetic: no clock, no sleep. What is handed out, and what is said of it. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/pace/schedule_text.h"
#include "tests/support/moments.h"
#include "tests/support/pacing.h"
#include "tests/support/random.h"

__extension__ typedef unsigned __int128 wide;

#define PER_S UINT64_C(3600) /* of requests per hour */
#define NO_END UINT64_MAX
#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

static struct err err;

/* Every kind as it would be asked for, with the moment after the last and what is due till then. */
static const struct {
    const char *rate, *arrival, *ramp, *sine, *stages, *duration;
    uint64_t count;
    const char *words;
} asked[] = {
    {"100", NULL, NULL, NULL, NULL, "10s", 1000, "100/1s"},
    {"3/7s", NULL, NULL, NULL, NULL, "10s", 5, "3/7s"},
    {"100", "poisson", NULL, NULL, NULL, "10s", 1000, "100/1s poisson with seed 7"},
    {"3/7s", "poisson", NULL, NULL, NULL, "10s", 5, "3/7s poisson with seed 7"},
    {"20000", "poisson", NULL, NULL, NULL, "1500ms", 30000, "20000/1s poisson with seed 7"},
    {NULL, NULL, "10:500", NULL, NULL, "10s", 2550, "from 10/s to 500/s in 10s"},
    {NULL, NULL, "500:10", NULL, NULL, "10s", 2550, "from 500/s to 10/s in 10s"},
    {NULL, NULL, "0:100", NULL, NULL, "10s", 500, "from 0/s to 100/s in 10s"},
    {NULL, NULL, "100:0", NULL, NULL, "10s", 500, "from 100/s to 0/s in 10s"},
    {NULL, NULL, "50:50", NULL, NULL, "10s", 500, "from 50/s to 50/s in 10s"},
    {NULL, NULL, "1/m:1/h", NULL, NULL, "10h", 305, "from 1/m to 1/h in 10h0m0s"},
    {NULL, NULL, NULL, "100:50:1m", NULL, "2m", 12000, "100/s +- 50/s every 1m0s from up"},
    {NULL, NULL, NULL, "100:50:1s:peak", NULL, "1500ms", 150, "100/s +- 50/s every 1s from peak"},
    {NULL, NULL, NULL, "100:99:3s:down", NULL, "9s", 900, "100/s +- 99/s every 3s from down"},
    {NULL, NULL, NULL, "100:0:1s:trough", NULL, "7s", 700, "100/s +- 0/s every 1s from trough"},
    {NULL, NULL, NULL, "1000:999/s:1s:trough", NULL, "3s", 3000,
     "1000/s +- 999/s every 1s from trough"},
    {NULL, NULL, NULL, NULL, "30s:100,1m:500", NULL, 19500,
     "to 100/s in 30s then to 500/s in 1m0s"},
    {NULL, NULL, NULL, NULL, "2s:100,3s:100,2s:0,5s:0,1s:10", NULL, 505,
     "to 100/s in 2s then to 100/s in 3s then to 0/s in 2s then to 0/s in 5s then to 10/s in 1s"},
    {NULL, NULL, NULL, NULL, "0s:100,5s:100,0s:20/m,3s:20/m", NULL, 501,
     "from 100/s to 100/s in 5s then from 20/m to 20/m in 3s"},
    {NULL, NULL, NULL, NULL, "7ns:1000000000,11ns:7", NULL, 10, /* 9 and a little */
     "to 1000000000/s in 7ns then to 7/s in 11ns"},
};

static struct schedule schedule_of(int i)
{
    struct schedule_flags flags = {.seed = 7};
    struct schedule schedule;
    const char *duration = asked[i].duration;
    err = (struct err){0};
    ck_assert(!asked[i].rate || rate_set(&flags.rate, asked[i].rate, &err));
    ck_assert(!asked[i].arrival || schedule_set_arrival(&flags.arrival, asked[i].arrival, &err));
    ck_assert(!asked[i].ramp || schedule_set_ramp(&flags, asked[i].ramp, &err));
    ck_assert(!asked[i].sine || schedule_set_sine(&flags.sine, asked[i].sine, &err));
    ck_assert(!asked[i].stages || schedule_set_stages(&flags.stages, asked[i].stages, &err));
    ck_assert(!duration || duration_parse(duration, &flags.duration_ns, &err));
    ck_assert_msg(schedule_from_flags(&flags, &schedule, &err), "%s", err.text);
    return schedule;
}

enum { ROOM = 100000 };
START_TEST(what_is_due_is_what_was_asked_for)
{
    struct schedule schedule = schedule_of(_i);
    uint64_t *moments = calloc(ROOM, sizeof *moments);
    size_t count = moments_of(&schedule, moments, ROOM);
    ck_assert_uint_eq(count, asked[_i].count);
    ck_assert_uint_eq(schedule_count(&schedule, schedule.duration_ns), count);
    ck_assert_uint_eq(schedule_count(&schedule, UINT64_MAX), count);
    /* A count is whole, a rate need not be. */
    double mean = schedule_mean_per_s(&schedule) * (double)schedule.duration_ns / 1e9;
    ck_assert_double_gt(mean, (double)count - 1);
    ck_assert_double_le(mean, (double)count + 1e-6);
    ck_assert_uint_eq(schedule_count(&schedule, 0), 0);
    bool never_falls = true;
    for (size_t k = 1; k < count; k++) {
        never_falls = never_falls && moments[k] >= moments[k - 1];
    }
    ck_assert(never_falls);
    ck_assert_uint_lt(moments[count - 1], schedule.duration_ns);
    free(moments);
}
END_TEST

START_TEST(the_count_is_what_was_handed_out)
{
    struct schedule schedule = schedule_of(_i);
    uint64_t *moments = calloc(ROOM, sizeof *moments);
    size_t count = moments_of(&schedule, moments, ROOM);
    struct random chance = random_seeded((uint64_t)_i);
    for (int i = 0; i < 60; i++) {
        uint64_t t_ns = random_below(&chance, schedule.duration_ns + 1);
        ck_assert_uint_eq(schedule_count(&schedule, t_ns), moments_before(moments, count, t_ns));
        /* where it matters: at a moment, and on both sides of it */
        size_t k = random_below(&chance, count);
        for (uint64_t at_ns = moments[k]; at_ns <= moments[k] + 1; at_ns++) {
            ck_assert_uint_eq(schedule_count(&schedule, at_ns),
                              moments_before(moments, count, at_ns));
        }
        ck_assert_uint_eq(pacing_due_ns(&schedule, k), moments[k]);
    }
    ck_assert_uint_eq(pacing_due_ns(&schedule, count), NO_END);
    free(moments);
}
END_TEST

START_TEST(a_cursor_that_counts_goes_on_from_where_it_was)
{
    struct schedule schedule = schedule_of(_i);
    struct schedule_cursor counter;
    schedule_begin(&counter, &schedule);
    for (uint64_t i = 0; i <= 211; i++) {
        uint64_t t_ns = (uint64_t)((wide)schedule.duration_ns * i / 200);
        ck_assert_uint_eq(schedule_count_next(&counter, t_ns), schedule_count(&schedule, t_ns));
        ck_assert_uint_eq(schedule_count_next(&counter, t_ns), schedule_count(&schedule, t_ns));
    }
}
END_TEST

START_TEST(it_is_printed_in_words)
{
    char text[SCHEDULE_TEXT];
    struct schedule schedule = schedule_of(_i);
    ck_assert_str_eq(schedule_print(&schedule, text), asked[_i].words);
}
END_TEST

START_TEST(a_constant_rate_is_the_pacers)
{
    struct schedule schedule = {.rate = {3, NS_PER_S}};
    for (uint64_t k = 0; k < UINT64_C(3000000000); k = k * 5 / 3 + 1) {
        ck_assert_uint_eq(pacing_due_ns(&schedule, k), pacer_due_ns(schedule.rate, k));
        uint64_t t_ns = k * 1000003;
        ck_assert_uint_eq(schedule_count(&schedule, t_ns), pacer_count(schedule.rate, t_ns));
    }
    /* a thousand million requests are no drift */
    ck_assert_uint_eq(pacing_due_ns(&schedule, 3000000000), 1000000000 * NS_PER_S);
}
END_TEST

START_TEST(a_closed_loop_has_no_moments)
{
    struct schedule schedule = {.duration_ns = NS_PER_S, .rate = {0, NS_PER_S}};
    struct schedule_cursor cursor;
    char text[SCHEDULE_TEXT];
    ck_assert(schedule_is_closed(&schedule));
    schedule_begin(&cursor, &schedule);
    ck_assert_uint_eq(schedule_due(&cursor, 0), NO_END);
    ck_assert_uint_eq(schedule_count(&schedule, NS_PER_S), 0);
    ck_assert_double_eq(schedule_mean_per_s(&schedule), 0);
    ck_assert_str_eq(schedule_print(&schedule, text), "as fast as possible");
}
END_TEST

/* Ramps and stages: known moments, and long runs at high rates against the same in long hand. */

START_TEST(a_ramp_has_the_moments_of_its_formula)
{
    struct schedule up = schedule_of(7);   /* 0:100 in 10 s: N = 5 t^2 */
    struct schedule down = schedule_of(8); /* 100:0: the mirror image */
    for (uint64_t k = 1; k < 500; k++) {
        double up_s = sqrt((double)k / 5);
        ck_assert_uint_eq(pacing_due_ns(&up, k), (uint64_t)(up_s * 1e9));
        double down_s = 10 - sqrt((double)(500 - k) / 5);
        ck_assert_double_eq_tol((double)pacing_due_ns(&down, k), down_s * 1e9, 1.0);
    }
    ck_assert_uint_eq(pacing_due_ns(&up, 125), 5 * NS_PER_S);
    ck_assert_uint_eq(pacing_due_ns(&up, 20), 2 * NS_PER_S);
    ck_assert_uint_eq(pacing_due_ns(&down, 375), 5 * NS_PER_S);
    ck_assert_uint_eq(pacing_due_ns(&down, 180), 2 * NS_PER_S);
}
END_TEST

static struct schedule linear(uint64_t from_per_h, uint64_t to_per_h, uint64_t duration_ns)
{
    return (struct schedule){.type = SCHEDULE_STAGES,
                             .duration_ns = duration_ns,
                             .stages = {{{duration_ns, from_per_h, to_per_h}}, 1}};
}

START_TEST(long_and_steep_stages_are_exact)
{
    static const struct {
        uint64_t from_per_h, to_per_h, duration_ns;
    } cases[] = {
        {0, 1000000 * PER_S, 86400 * NS_PER_S},
        {1000000 * PER_S, 0, 86400 * NS_PER_S},
        {1, SCHEDULE_RATE_MAX_PER_H, 2592000 * NS_PER_S},
        {SCHEDULE_RATE_MAX_PER_H, 1, 2592000 * NS_PER_S},
        {SCHEDULE_RATE_MAX_PER_H, SCHEDULE_RATE_MAX_PER_H - 1, INT64_MAX},
        {SCHEDULE_RATE_MAX_PER_H, 0, INT64_MAX},
        {0, SCHEDULE_RATE_MAX_PER_H, INT64_MAX},
        {0, 1, INT64_MAX},
        {100, 7, 1},
        {SCHEDULE_RATE_MAX_PER_H, 0, 3},
    };
    for (int i = 0; i < COUNT(cases); i++) {
        struct schedule schedule =
            linear(cases[i].from_per_h, cases[i].to_per_h, cases[i].duration_ns);
        wide work = (wide)(cases[i].from_per_h + cases[i].to_per_h) * cases[i].duration_ns;
        wide half = (work + 1) / 2; /* rounding twice is rounding once */
        wide total = (half + SCHEDULE_HOUR_NS - 1) / SCHEDULE_HOUR_NS;
        uint64_t count = schedule_count(&schedule, cases[i].duration_ns);
        ck_assert(count == total);
        uint64_t last_ns = 0;
        for (int j = 0; j <= 1000; j++) {
            /* the ends are where cancellation would show: near them, then evenly */
            uint64_t k = j < 20    ? (uint64_t)j
                         : j > 980 ? count - 1 - (uint64_t)(1000 - j)
                                   : (uint64_t)((wide)count * (uint64_t)j / 1001);
            if (k >= count || (j <= 980 && j > 20 && k < 20)) {
                continue;
            }
            uint64_t due_ns = pacing_due_ns(&schedule, k);
            ck_assert_uint_lt(due_ns, cases[i].duration_ns);
            ck_assert_uint_le(schedule_count(&schedule, due_ns), k);
            ck_assert_uint_gt(schedule_count(&schedule, due_ns + 1), k);
            ck_assert(count < 2000 || due_ns >= last_ns);
            last_ns = due_ns;
        }
    }
}
END_TEST

START_TEST(a_pause_between_stages_has_no_requests)
{
    struct schedule schedule = schedule_of(17); /* up, hold, down, 5 s of nothing from 7 s, up */
    ck_assert_uint_eq(schedule_count(&schedule, 7 * NS_PER_S), 500);
    ck_assert_uint_eq(schedule_count(&schedule, 12 * NS_PER_S), 500);
    ck_assert_uint_lt(pacing_due_ns(&schedule, 499), 7 * NS_PER_S);
    ck_assert_uint_eq(pacing_due_ns(&schedule, 500), 12 * NS_PER_S);
}
END_TEST

/* Sines. */

static double sine_formula(const struct sine *sine, double t_s)
{
    static const double offsets[] = {0, M_PI_2, M_PI, 3 * M_PI_2};
    double mean = (double)sine->mean_per_h / 3600;
    double amplitude = (double)sine->amplitude_per_h / 3600;
    double period_s = (double)sine->period_ns / 1e9;
    double offset = offsets[sine->start];
    return mean * t_s + amplitude * period_s / (2 * M_PI) *
                            (cos(offset) - cos(offset + 2 * M_PI * t_s / period_s));
}

START_TEST(a_sine_has_the_moments_of_vegetas_formula)
{
    for (int i = 11; i <= 15; i++) {
        struct schedule schedule = schedule_of(i);
        for (uint64_t k = 0; k < asked[i].count; k += 7) {
            double due_s = (double)pacing_due_ns(&schedule, k) / 1e9;
            double rate_max =
                (double)(schedule.sine.mean_per_h + schedule.sine.amplitude_per_h) / 3600;
            ck_assert_double_eq_tol(sine_formula(&schedule.sine, due_s), (double)k,
                                    rate_max * 1e-9 + 1e-8);
        }
    }
}
END_TEST

START_TEST(a_sine_begins_where_it_was_told)
{
    static const uint64_t in_the_first_quarter[] = {1250000 + 397887, 1250000 + 397887,
                                                    1250000 - 397887, 1250000 - 397887};
    struct schedule schedule = {.type = SCHEDULE_SINE, .duration_ns = 10 * NS_PER_S};
    for (int start = SINE_UP; start <= SINE_TROUGH; start++) {
        schedule.sine =
            (struct sine){500000 * PER_S, 250000 * PER_S, 10 * NS_PER_S, (enum sine_start)start};
        uint64_t count = schedule_count(&schedule, 10 * NS_PER_S / 4);
        ck_assert_double_eq_tol((double)count, (double)in_the_first_quarter[start], 2);
        /* the rate at once: of the first millisecond */
        double first = (double)schedule_count(&schedule, NS_PER_MS) / 500;
        static const double rates[] = {1, 1.5, 1, 0.5};
        ck_assert_double_eq_tol(first, rates[start], 0.003);
    }
}
END_TEST

/* From the peak half a period has as many as the mean, though sin and cos are not exact there. */
START_TEST(half_a_period_from_an_extreme_is_counted_exactly)
{
    for (uint64_t period_s = 1; period_s <= 60; period_s++) {
        for (int start = SINE_PEAK; start <= SINE_TROUGH; start += SINE_TROUGH - SINE_PEAK) {
            struct schedule schedule = {
                .type = SCHEDULE_SINE,
                .duration_ns = 7 * period_s * NS_PER_S / 2,
                .sine = {202 * PER_S, 171 * PER_S, period_s * NS_PER_S, (enum sine_start)start},
            };
            ck_assert_uint_eq(schedule_count(&schedule, schedule.duration_ns), 707 * period_s);
            ck_assert_uint_eq(pacing_due_ns(&schedule, 101 * period_s), period_s * NS_PER_S / 2);
        }
    }
}
END_TEST

START_TEST(a_sine_does_not_drift_and_nearly_stands_still)
{
    struct schedule schedule = {
        .type = SCHEDULE_SINE,
        .duration_ns = 0,
        .sine = {1000000 * PER_S, 1000000 * PER_S - 1, 7 * NS_PER_S, SINE_TROUGH},
    };
    /* a thousand periods, and a million */
    ck_assert_uint_eq(pacing_due_ns(&schedule, UINT64_C(7000000000)), 7000 * NS_PER_S);
    ck_assert_uint_eq(pacing_due_ns(&schedule, UINT64_C(7000000000000)), 7000000 * NS_PER_S);
    uint64_t last_ns = 0;
    for (uint64_t k = 0; k < 7000000; k += 1 + k / 100) {
        uint64_t due_ns = pacing_due_ns(&schedule, k);
        ck_assert(due_ns >= last_ns && due_ns < 7 * NS_PER_S);
        ck_assert_uint_le(schedule_count(&schedule, due_ns), k);
        ck_assert_uint_gt(schedule_count(&schedule, due_ns + 1), k);
        last_ns = due_ns;
    }
}
END_TEST

static void add_arithmetic(TCase *tests)
{
    tcase_add_loop_test(tests, what_is_due_is_what_was_asked_for, 0, COUNT(asked));
    tcase_add_loop_test(tests, the_count_is_what_was_handed_out, 0, COUNT(asked));
    tcase_add_loop_test(tests, a_cursor_that_counts_goes_on_from_where_it_was, 0, COUNT(asked));
    tcase_add_test(tests, a_constant_rate_is_the_pacers);
    tcase_add_test(tests, a_closed_loop_has_no_moments);
    tcase_add_test(tests, a_ramp_has_the_moments_of_its_formula);
    tcase_add_test(tests, long_and_steep_stages_are_exact);
    tcase_add_test(tests, a_pause_between_stages_has_no_requests);
    tcase_add_test(tests, a_sine_has_the_moments_of_vegetas_formula);
    tcase_add_test(tests, a_sine_begins_where_it_was_told);
    tcase_add_test(tests, half_a_period_from_an_extreme_is_counted_exactly);
    tcase_add_test(tests, a_sine_does_not_drift_and_nearly_stands_still);
}

Suite *schedule_suite(void);
Suite *schedule_suite(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tests = tcase_create("schedule");
    add_arithmetic(tests);
    tcase_add_loop_test(tests, it_is_printed_in_words, 0, COUNT(asked));
    suite_add_tcase(suite, tests);
    return suite;
}
