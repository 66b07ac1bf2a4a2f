/* Not under tsan: one thread. */
/*
 * The search on 2,000 simulated targets of each model, with the options of the default and of the
 * quick search. tests/support/simulated_target.h says what the models do.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/capacity/search/forecast.h"
#include "loadgen/capacity/search/rules.h"
#include "tests/support/simulated_target.h"

#define BETWEEN_NS (2 * NS_PER_S) /* as the simulated targets rest */
enum { SEEDS = 2000, OFTEN = SEEDS * 95 / 100, RARELY = SEEDS * 5 / 100 };

/* How the searches of a model ended. */
struct outcomes {
    unsigned by_verdict[SEARCH_OUT_OF_TIME + 1];
    unsigned within; /* one width of the truth */
    unsigned above;  /* the truth by over a width */
    unsigned useful; /* at least 0.9 of the truth */
    double trials[SEEDS], seconds[SEEDS];
    double forecast[SEEDS]; /* at the start, as a part of the seconds */
};

static struct search_options make_options(bool is_quick)
{
    struct err err = {0};
    struct slo *slo = slo_parse("p99<100ms,errors<0.5%", &err);
    ck_assert_msg(slo != NULL, "%s", err.text);
    struct search_options options = rules_make(slo, NULL, 0, is_quick);
    slo_destroy(slo);
    return options;
}

static struct search_move search(const struct search_options *options,
                                 struct simulated_target *target, size_t *count, double *seconds)
{
    struct trial trials[SEARCH_TRIALS_MAX];
    *count = 0;
    *seconds = 0;
    struct search_move move = search_next(options, trials, 0);
    while (!move.is_done) {
        trials[*count] = simulated_target_try(target, &move);
        *seconds += (double)trials[*count].took_ns / NS_PER_S;
        move = search_next(options, trials, ++*count);
    }
    return move;
}

static void search_one(enum simulated_model model, unsigned seed, struct search_options options,
                       struct outcomes *outcomes)
{
    struct simulated_target target = simulated_target_make(model, seed, &options);
    size_t count = 0;
    options.first_rate = simulated_target_probe(&target);
    options.max_rate = model == SIMULATED_NEVER ? 2 * target.truth : 0;
    double forecast_s = (double)forecast_ns(&options, NULL, 0, BETWEEN_NS) / NS_PER_S;
    struct search_move move = search(&options, &target, &count, &outcomes->seconds[seed]);
    outcomes->forecast[seed] = forecast_s / outcomes->seconds[seed];
    double ratio = move.good_rate / target.truth;
    outcomes->by_verdict[move.verdict]++;
    outcomes->within += ratio >= 1 - options.width && ratio <= 1 + options.width;
    outcomes->above += ratio > 1 + options.width;
    outcomes->useful += ratio >= 0.9;
    outcomes->trials[seed] = (double)count;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double quantile(double values[SEEDS], unsigned percent)
{
    qsort(values, SEEDS, sizeof values[0], compare);
    return values[SEEDS * percent / 100];
}

static void print(enum simulated_model model, bool is_quick, struct outcomes *outcomes)
{
    printf("%-14s %-7s within a width %5.1f %%, above %4.1f %%, at least 0.9: %5.1f %%; trials: "
           "median %2.0f, p95 %2.0f; seconds: median %4.0f, p95 %4.0f; forecast: %.2f of them\n",
           simulated_names[model], is_quick ? "quick" : "default", 100.0 * outcomes->within / SEEDS,
           100.0 * outcomes->above / SEEDS, 100.0 * outcomes->useful / SEEDS,
           quantile(outcomes->trials, 50), quantile(outcomes->trials, 95),
           quantile(outcomes->seconds, 50), quantile(outcomes->seconds, 95),
           quantile(outcomes->forecast, 50));
}

/* Noisy targets are what is forecast; the others are for comparison. */
static void expect_forecast(enum simulated_model model, struct outcomes *outcomes)
{
    double median = quantile(outcomes->forecast, 50);
    ck_assert(model != SIMULATED_NOISY || (median > 0.85 && median < 1.15));
    ck_assert(model != SIMULATED_CLEAN || (median > 0.85 && median < 1.6));
}

/* About 5 minutes, and about 1 with -quick, for targets that are as steady as most. */
static void expect_duration(enum simulated_model model, bool is_quick, struct outcomes *outcomes)
{
    double median_s = quantile(outcomes->seconds, 50);
    if (model == SIMULATED_CLEAN || model == SIMULATED_NOISY) {
        ck_assert_double_le(median_s, is_quick ? 100 : 300);
    }
    if (model == SIMULATED_PERIODIC) { /* the trials that mislead, and as long ones after them */
        ck_assert_double_le(quantile(outcomes->seconds, 95), is_quick ? 400 : 1200);
    }
}

static void expect_bounds(enum simulated_model model, const struct outcomes *outcomes)
{
    switch (model) {
    case SIMULATED_CLEAN:
    case SIMULATED_NOISY:
    case SIMULATED_RARELY_LOW:
    case SIMULATED_MOSTLY_LOW:
    case SIMULATED_PERIODIC:
        ck_assert_uint_eq(outcomes->by_verdict[SEARCH_FOUND], SEEDS);
        ck_assert_uint_ge(outcomes->within, OFTEN);
        break;
    case SIMULATED_DEGRADING:
    case SIMULATED_BISTABLE:
        ck_assert_uint_eq(outcomes->by_verdict[SEARCH_FOUND], SEEDS);
        ck_assert_uint_le(outcomes->above, RARELY);
        ck_assert_uint_ge(outcomes->useful, OFTEN);
        break;
    case SIMULATED_NEVER:
        ck_assert_uint_eq(outcomes->by_verdict[SEARCH_ABOVE_MAXIMUM], SEEDS);
        break;
    case SIMULATED_ALWAYS:
        ck_assert_uint_eq(outcomes->by_verdict[SEARCH_BELOW_MINIMUM], SEEDS);
        break;
    case SIMULATED_ALL:
        ck_abort();
    }
}

static void expect_model(enum simulated_model model, bool is_quick)
{
    struct outcomes outcomes = {0};
    struct search_options options = make_options(is_quick);
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        search_one(model, seed, options, &outcomes);
    }
    print(model, is_quick, &outcomes);
    expect_forecast(model, &outcomes);
    expect_duration(model, is_quick, &outcomes);
    expect_bounds(model, &outcomes);
}

START_TEST(the_default_search_keeps_its_bounds)
{
    expect_model(_i, false);
}
END_TEST

START_TEST(the_quick_search_keeps_its_bounds)
{
    expect_model(_i, true);
}
END_TEST

Suite *simulation_suite(void);
Suite *simulation_suite(void)
{
    Suite *suite = suite_create("simulation");
    TCase *tests = tcase_create("simulation");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, the_default_search_keeps_its_bounds, 0, SIMULATED_ALL);
    tcase_add_loop_test(tests, the_quick_search_keeps_its_bounds, 0, SIMULATED_ALL);
    suite_add_tcase(suite, tests);
    return suite;
}
