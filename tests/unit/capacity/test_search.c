#include <check.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/capacity/search/forecast.h"
#include "loadgen/capacity/search/rest.h"
#include "tests/support/simulated_target.h"

static struct search_options options;
static struct trial trials[SEARCH_TRIALS_MAX];
static size_t count;

static void setup(void)
{
    options = (struct search_options){
        .width = 0.02,
        .min_rate = 34,
        .first_rate = 1000,
        .trial_ns = 10 * NS_PER_S,
        .requests = 2000,
        .enough_trials = 6,
    };
    count = 0;
}

static struct search_move next(void)
{
    return search_next(&options, trials, count);
}

static struct search_move answer(enum trial_outcome outcome)
{
    struct search_move move = next();
    ck_assert(!move.is_done);
    trials[count++] = (struct trial){
        .rate = move.rate,
        .duration_ns = move.duration_ns,
        .took_ns = move.duration_ns,
        .outcome = outcome,
    };
    return next();
}

/* The target carries `capacity`; above `generator`, if that is not 0, trials are invalid. */
static struct search_move play(double capacity, double generator)
{
    struct search_move move = next();
    while (!move.is_done) {
        enum trial_outcome outcome = move.rate <= capacity ? TRIAL_GOOD : TRIAL_BAD;
        move = answer(generator > 0 && move.rate > generator ? TRIAL_INVALID : outcome);
    }
    return move;
}

START_TEST(rates_lie_on_a_grid_of_half_a_width_with_exact_ends)
{
    struct grid grid = grid_make(0.02, 34.5, 1234.5);
    ck_assert_double_eq(grid_rate(&grid, grid.low), 34.5);
    ck_assert_double_eq(grid_rate(&grid, grid.high), 1234.5);
    for (int load = grid.low; load <= grid.high; load++) {
        ck_assert_int_eq(grid_load(&grid, grid_rate(&grid, load)), load);
        ck_assert(load == grid.low || grid_rate(&grid, load) <= 1.011 * grid_rate(&grid, load - 1));
    }
    ck_assert_double_eq(grid_rate(&grid, grid_load(&grid, 500)), 501.7);
    ck_assert_int_eq(grid_load(&grid, 1), grid.low);
    ck_assert_int_eq(grid_load(&grid, 1e9), grid.high);
}
END_TEST

START_TEST(a_load_is_repeated_until_its_majority_is_certain)
{
    struct load load = {.good_ns = 2};
    ck_assert_int_eq(load_classify(&load, 6), LOAD_OPEN);
    load.good_ns = 3;
    ck_assert_int_eq(load_classify(&load, 6), LOAD_LOWER);
    load = (struct load){.bad_ns = 3};
    ck_assert_int_eq(load_classify(&load, 6), LOAD_OPEN);
    load.bad_ns = 4;
    ck_assert_int_eq(load_classify(&load, 6), LOAD_UPPER);
    load.good_ns = 3;
    ck_assert_int_eq(load_classify(&load, 6), LOAD_UPPER);
    load.good_ns = 4;
    ck_assert_int_eq(load_classify(&load, 6), LOAD_LOWER);
    load = (struct load){0};
    ck_assert_int_eq(load_classify(&load, 0), LOAD_OPEN);
}
END_TEST

START_TEST(the_bracket_strides_further_each_time_and_halving_follows)
{
    double first = next().rate;
    ck_assert(first < 1000 && first > 975);
    double second = answer(TRIAL_BAD).rate, third = answer(TRIAL_BAD).rate;
    ck_assert_double_eq_tol(second / first, pow(1.02, -2), 0.002);
    ck_assert_double_eq_tol(third / second, pow(1.02, -4), 0.002);
    struct search_move move = answer(TRIAL_GOOD);
    ck_assert_int_eq(move.step, SEARCH_HALVE);
    ck_assert_double_eq_tol(move.rate, sqrt(second * third), 2);
    ck_assert_double_eq(move.good_rate, third);
    ck_assert_double_eq(move.bad_rate, second);
}
END_TEST

START_TEST(a_stride_at_most_doubles_the_rate)
{
    double before = next().rate;
    for (int i = 0; i < 12; i++) {
        double rate = answer(TRIAL_GOOD).rate;
        ck_assert(rate > before && rate <= 2.001 * before);
        before = rate;
    }
}
END_TEST

START_TEST(the_found_rate_is_verified_and_the_one_above_repeated)
{
    struct search_move move = play(1000, 0);
    unsigned good = 0, bad = 0, verified = 0;
    ck_assert_int_eq(move.verdict, SEARCH_FOUND);
    ck_assert(move.good_rate <= 1000 && move.bad_rate > 1000);
    ck_assert(move.bad_rate / move.good_rate < 1.0105);
    for (size_t i = 0; i < count; i++) {
        bool is_long = trials[i].duration_ns == 30 * NS_PER_S;
        good += trials[i].rate == move.good_rate && !is_long;
        bad += trials[i].rate == move.bad_rate;
        verified += trials[i].rate == move.good_rate && is_long;
    }
    ck_assert_uint_eq(good, 1);
    ck_assert_uint_eq(bad, 4);
    ck_assert_uint_eq(verified, 1);
}
END_TEST

/* Plays until the search wants to verify, and returns that move. */
static struct search_move play_to_verification(void)
{
    struct search_move move = next();
    while (move.step != SEARCH_VERIFY) {
        move = answer(move.rate <= 1000 ? TRIAL_GOOD : TRIAL_BAD);
        ck_assert(!move.is_done);
    }
    return move;
}

START_TEST(a_failed_verification_joins_the_trials_of_its_load)
{
    struct search_move first = play_to_verification();
    struct search_move below = answer(TRIAL_BAD);
    ck_assert_double_lt(below.rate, first.rate);
    ck_assert_double_eq(below.bad_rate, first.rate);
    struct search_move move = play(1000, 0); /* repeated, the load turns out to be good */
    ck_assert_int_eq(move.verdict, SEARCH_FOUND);
    ck_assert_double_eq(move.good_rate, first.rate);
}
END_TEST

START_TEST(below_a_load_that_fails_its_verification_the_search_goes_on)
{
    struct search_move first = play_to_verification();
    answer(TRIAL_BAD);
    struct search_move move = play(0.9 * first.rate, 0);
    ck_assert_int_eq(move.verdict, SEARCH_FOUND);
    ck_assert(move.good_rate <= 0.9 * first.rate && move.good_rate > 0.88 * first.rate);
}
END_TEST

START_TEST(a_maximum_that_holds_is_verified_and_said)
{
    options.max_rate = 1100;
    struct search_move move = play(5000, 0);
    ck_assert_int_eq(move.verdict, SEARCH_ABOVE_MAXIMUM);
    ck_assert_double_eq(move.good_rate, 1100);
    ck_assert_double_eq(move.bad_rate, 0);
    ck_assert_uint_eq(trials[count - 1].duration_ns, 30 * NS_PER_S);
}
END_TEST

START_TEST(a_minimum_that_fails_is_repeated_and_said)
{
    options.min_rate = 800;
    struct search_move move = play(700, 0);
    ck_assert_int_eq(move.verdict, SEARCH_BELOW_MINIMUM);
    ck_assert_double_eq(move.good_rate, 0);
    ck_assert_double_eq(move.bad_rate, 800);
}
END_TEST

START_TEST(the_generators_own_limit_is_no_maximum_of_the_target)
{
    options.generator_rate = 1500;
    options.max_rate = 3000;
    struct search_move move = play(5000, 0);
    ck_assert_int_eq(move.verdict, SEARCH_GENERATOR_LIMITED);
    ck_assert_double_eq(move.good_rate, 1500);
    options.max_rate = 0;
    count = 0;
    ck_assert_int_eq(play(5000, 0).verdict, SEARCH_GENERATOR_LIMITED);
    options.max_rate = 1200;
    count = 0;
    ck_assert_int_eq(play(5000, 0).verdict, SEARCH_ABOVE_MAXIMUM);
}
END_TEST

START_TEST(invalid_trials_are_repeated_then_the_generator_is_the_limit)
{
    struct search_move move = play(5000, 1300);
    ck_assert_int_eq(move.verdict, SEARCH_GENERATOR_LIMITED);
    ck_assert(move.good_rate <= 1300 && move.good_rate > 1200);
    ck_assert_double_eq(move.bad_rate, 0);
    unsigned invalid = 0;
    for (size_t i = 0; i < count; i++) {
        invalid += trials[i].outcome == TRIAL_INVALID;
    }
    ck_assert_uint_eq(invalid % LOADS_INVALID_MAX, 0);
}
END_TEST

START_TEST(two_invalid_trials_do_not_block_a_load)
{
    double rate = next().rate;
    ck_assert_double_eq(answer(TRIAL_INVALID).rate, rate);
    ck_assert_double_eq(answer(TRIAL_INVALID).rate, rate);
    answer(TRIAL_GOOD);
    trials[count++] =
        (struct trial){.rate = rate, .duration_ns = options.trial_ns, .outcome = TRIAL_INVALID};
    ck_assert_double_eq(next().good_rate, rate);
    ck_assert_int_eq(play(1000, 0).verdict, SEARCH_FOUND);
}
END_TEST

START_TEST(trials_in_which_workers_changed_do_not_block_a_load)
{
    double rate = next().rate;
    for (unsigned i = 0; i < 2 * LOADS_INVALID_MAX; i++) {
        answer(TRIAL_INVALID);
        trials[count - 1].workers_changed = true;
        ck_assert_double_eq(next().rate, rate);
    }
    ck_assert_int_eq(play(1000, 0).verdict, SEARCH_FOUND);
}
END_TEST

START_TEST(a_generator_that_cannot_judge_any_rate_has_found_nothing)
{
    struct search_move move = play(5000, 1);
    ck_assert_int_eq(move.verdict, SEARCH_GENERATOR_LIMITED);
    ck_assert_double_eq(move.good_rate, 0);
    ck_assert_double_eq(move.bad_rate, 0);
}
END_TEST

START_TEST(without_time_the_interval_so_far_remains)
{
    options.time_limit_ns = 45 * NS_PER_S;
    struct search_move move = play(1000, 0);
    ck_assert_int_eq(move.verdict, SEARCH_OUT_OF_TIME);
    ck_assert_uint_eq(count, 4);
    ck_assert(move.good_rate <= 1000 && move.bad_rate > 1000);
}
END_TEST

START_TEST(the_lowest_load_that_is_too_high_is_the_bound)
{
    double low = next().rate;
    double high = answer(TRIAL_GOOD).rate;
    ck_assert_double_gt(high, low);
    answer(TRIAL_GOOD);
    for (int i = 0; i < 2; i++) {
        trials[count++] =
            (struct trial){.rate = low, .duration_ns = options.trial_ns, .outcome = TRIAL_BAD};
    }
    struct search_move move = next();
    ck_assert_double_lt(move.rate, low);
    ck_assert_double_eq(move.bad_rate, low);
    ck_assert_double_eq(move.good_rate, 0);
}
END_TEST

START_TEST(relapses_after_an_overload_lengthen_the_rest)
{
    struct trial list[] = {
        {.rate = 100, .outcome = TRIAL_GOOD}, {.rate = 120, .outcome = TRIAL_BAD},
        {.rate = 90, .outcome = TRIAL_BAD},   {.rate = 80, .outcome = TRIAL_BAD},
        {.rate = 110, .outcome = TRIAL_BAD},
    };
    ck_assert_uint_eq(rest_ns(10, list, 0), 0);
    ck_assert_uint_eq(rest_ns(10, list, 1), 0);
    ck_assert_uint_eq(rest_ns(10, list, 2), 0);
    ck_assert_uint_eq(rest_ns(10, list, 3), 5);
    ck_assert_uint_eq(rest_ns(10, list, 4), 10);
    ck_assert_uint_eq(rest_ns(10, list, 5), 10);
    list[1].outcome = TRIAL_GOOD; /* then 90 was bad without an overload before: noise */
    ck_assert_uint_eq(rest_ns(10, list, 4), 0);
}
END_TEST

START_TEST(the_forecast_is_what_an_ordinary_search_takes)
{
    uint64_t at_start_ns = forecast_ns(&options, trials, 0, NS_PER_S);
    struct search_move move = play(1000, 0);
    uint64_t taken_ns = 0;
    for (size_t i = 0; i < count; i++) {
        taken_ns += trials[i].took_ns + NS_PER_S;
    }
    ck_assert(move.is_done);
    ck_assert_uint_ge(at_start_ns, taken_ns); /* for the guess was right, and no trial noisy */
    ck_assert_uint_le(at_start_ns, 5 * taken_ns / 2);
    ck_assert_uint_eq(forecast_ns(&options, trials, count, NS_PER_S), 0);
    ck_assert_uint_eq(forecast_ns(&options, trials, count - 1, NS_PER_S), 11 * NS_PER_S);
}
END_TEST

Suite *search_suite(void);
Suite *search_suite(void)
{
    Suite *suite = suite_create("search");
    TCase *tests = tcase_create("search");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, rates_lie_on_a_grid_of_half_a_width_with_exact_ends);
    tcase_add_test(tests, a_load_is_repeated_until_its_majority_is_certain);
    tcase_add_test(tests, the_bracket_strides_further_each_time_and_halving_follows);
    tcase_add_test(tests, a_stride_at_most_doubles_the_rate);
    tcase_add_test(tests, the_found_rate_is_verified_and_the_one_above_repeated);
    tcase_add_test(tests, a_failed_verification_joins_the_trials_of_its_load);
    tcase_add_test(tests, below_a_load_that_fails_its_verification_the_search_goes_on);
    tcase_add_test(tests, a_maximum_that_holds_is_verified_and_said);
    tcase_add_test(tests, a_minimum_that_fails_is_repeated_and_said);
    tcase_add_test(tests, the_generators_own_limit_is_no_maximum_of_the_target);
    tcase_add_test(tests, invalid_trials_are_repeated_then_the_generator_is_the_limit);
    tcase_add_test(tests, two_invalid_trials_do_not_block_a_load);
    tcase_add_test(tests, trials_in_which_workers_changed_do_not_block_a_load);
    tcase_add_test(tests, a_generator_that_cannot_judge_any_rate_has_found_nothing);
    tcase_add_test(tests, without_time_the_interval_so_far_remains);
    tcase_add_test(tests, the_lowest_load_that_is_too_high_is_the_bound);
    tcase_add_test(tests, relapses_after_an_overload_lengthen_the_rest);
    tcase_add_test(tests, the_forecast_is_what_an_ordinary_search_takes);
    suite_add_tcase(suite, tests);
    return suite;
}
