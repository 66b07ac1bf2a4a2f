/*
 * The loop around the search, with simulated targets whose outcomes depend on the number of the
 * trial alone, as those of a real target do not depend on how often loadgen was killed.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/bytes.h"
#include "loadgen/capacity/capacity.h"
#include "loadgen/capacity/trial/trial_record.h"
#include "tests/support/simulated_target.h"

enum { NEVER_STOPS = 1000, CUT_STEP = 149 };

static const struct search_options options = {
    .width = 0.02,
    .min_rate = 34,
    .trial_ns = 10 * NS_PER_S,
    .requests = 2000,
    .enough_trials = 6,
};
static char path[] = "/tmp/headroom_capacity_XXXXXX";
static struct err err;
static json_t *settings;
static double trusted; /* rate of the generator; 0: not known */

struct simulation {
    struct simulated_target target;
    uint64_t seed;
    unsigned runs;
    unsigned stops_after; /* trials: then it is interrupted */
};
static json_int_t resumed_with; /* the baseline that a search went on with; 0: none */

static void setup(void)
{
    strcpy(path, "/tmp/headroom_capacity_XXXXXX");
    close(mkstemp(path));
    unlink(path);
    err = (struct err){.code = ERR_NONE};
    trusted = 0;
    resumed_with = 0;
    settings = json_pack("{s:s}", "slo", "p99<100ms");
}

static void teardown(void)
{
    json_decref(settings);
    unlink(path);
}

static bool probe(void *context, struct capacity_start *start, struct err *ignored)
{
    struct simulation *simulation = context;
    (void)ignored;
    simulation->target.random = random_seeded(simulation->seed);
    start->first_rate = simulated_target_probe(&simulation->target);
    start->generator = trusted > 0 ? json_pack("{s:f}", "rate", trusted) : NULL;
    start->baseline = json_pack("{s:i}", "response", 350000);
    return true;
}

static void resume(void *context, const json_t *baseline)
{
    (void)context;
    resumed_with = json_integer_value(json_object_get(baseline, "response"));
}

static bool run_trial(void *context, const struct search_move *move, unsigned serial,
                      struct trial *trial, json_t **record, struct err *ignored)
{
    struct simulation *simulation = context;
    (void)ignored;
    if (simulation->runs == simulation->stops_after) {
        return false;
    }
    simulation->runs++;
    simulation->target.random = random_seeded(simulation->seed + serial);
    *trial = simulated_target_try(&simulation->target, move);
    *record = trial_record_make_bare(trial, move->step);
    return true;
}

/* Searches with a journal; returns how many trials were run. */
static unsigned search_with(enum simulated_model model, unsigned stops_after, bool resumes,
                            struct capacity_search *search)
{
    struct simulation simulation = {.target = simulated_target_make(model, 5, &options),
                                    .seed = 77,
                                    .stops_after = stops_after};
    const struct capacity_runner runner = {probe, resume, run_trial, &simulation};
    const struct capacity_watcher watcher = {0};
    struct trial_journal journal;
    ck_assert_msg(trial_journal_open(&journal, path, resumes, settings, &err), "%s", err.text);
    ck_assert_msg(capacity_run(&options, 1, &runner, &journal, &watcher, search, &err), "%s",
                  err.text);
    trial_journal_close(&journal);
    return simulation.runs;
}

static void expect_same(const struct capacity_search *a, const struct capacity_search *b)
{
    ck_assert(a->move.is_done && b->move.is_done);
    ck_assert_int_eq(a->move.verdict, b->move.verdict);
    ck_assert_double_eq(a->move.good_rate, b->move.good_rate);
    ck_assert_double_eq(a->move.bad_rate, b->move.bad_rate);
    ck_assert_double_eq(a->options.first_rate, b->options.first_rate);
    ck_assert_uint_eq(a->count, b->count);
    ck_assert(json_equal(a->records, b->records));
}

static void cut_file(const struct bytes *whole, size_t length)
{
    FILE *out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(whole->at, 1, length, out), length);
    fclose(out);
}

static const enum simulated_model models[] = {SIMULATED_CLEAN, SIMULATED_NOISY,
                                              SIMULATED_RARELY_LOW, SIMULATED_MOSTLY_LOW};

START_TEST(killed_anywhere_it_comes_to_the_same_end)
{
    struct capacity_search whole, resumed;
    struct bytes text = {0};
    unsigned all = search_with(models[_i], NEVER_STOPS, false, &whole);
    ck_assert_uint_eq(all, whole.count);
    ck_assert(bytes_add_file(&text, path, &err));
    for (size_t length = 0; length <= text.length; length += CUT_STEP) {
        cut_file(&text, length);
        unsigned more = search_with(models[_i], NEVER_STOPS, true, &resumed);
        ck_assert_uint_eq(resumed.resumed + more, resumed.count);
        expect_same(&whole, &resumed);
        capacity_destroy(&resumed);
    }
    bytes_free(&text);
    capacity_destroy(&whole);
}
END_TEST

START_TEST(interrupted_after_each_trial_it_comes_to_the_same_end)
{
    struct capacity_search whole, resumed;
    search_with(SIMULATED_NOISY, NEVER_STOPS, false, &whole);
    unlink(path);
    unsigned starts = 0;
    do {
        search_with(SIMULATED_NOISY, 1, true, &resumed);
        ck_assert(resumed.count <= ++starts);
        if (resumed.move.is_done) {
            expect_same(&whole, &resumed);
        }
        capacity_destroy(&resumed);
    } while (!resumed.move.is_done);
    ck_assert_uint_ge(starts, whole.count);
    capacity_destroy(&whole);
}
END_TEST

START_TEST(a_finished_search_is_not_run_again)
{
    struct capacity_search whole, again;
    search_with(SIMULATED_CLEAN, NEVER_STOPS, false, &whole);
    ck_assert_uint_eq(search_with(SIMULATED_CLEAN, NEVER_STOPS, true, &again), 0);
    expect_same(&whole, &again);
    capacity_destroy(&whole);
    capacity_destroy(&again);
}
END_TEST

/* Measured again it would be another. */
START_TEST(what_the_generator_can_be_trusted_with_is_kept)
{
    struct capacity_search search;
    trusted = 40;
    search_with(SIMULATED_NEVER, 1, false, &search);
    ck_assert(!search.move.is_done);
    capacity_destroy(&search);
    trusted = 45;
    search_with(SIMULATED_NEVER, NEVER_STOPS, true, &search);
    ck_assert_int_eq(search.move.verdict, SEARCH_GENERATOR_LIMITED);
    ck_assert_double_eq(search.move.good_rate, 40);
    ck_assert_double_eq(json_number_value(json_object_get(search.generator, "rate")), 40);
    capacity_destroy(&search);
}
END_TEST

/* Measured again, it could be that of a target that has not recovered. */
START_TEST(how_fast_the_target_was_is_kept)
{
    struct capacity_search search;
    search_with(SIMULATED_CLEAN, 1, false, &search);
    ck_assert_int_eq(resumed_with, 0);
    capacity_destroy(&search);
    search_with(SIMULATED_CLEAN, 1, true, &search);
    ck_assert_int_eq(resumed_with, 350000);
    capacity_destroy(&search);
}
END_TEST

START_TEST(a_line_that_is_no_trial_is_an_error)
{
    struct capacity_search search;
    struct trial_journal journal;
    const struct capacity_runner runner = {0};
    const struct capacity_watcher watcher = {0};
    ck_assert(trial_journal_open(&journal, path, false, settings, &err));
    json_t *line = json_pack("{s:i, s:f}", "search", 1, "rate", 5.0);
    ck_assert(trial_journal_add(&journal, line, &err));
    json_decref(line);
    trial_journal_close(&journal);
    ck_assert(trial_journal_open(&journal, path, true, settings, &err));
    ck_assert(!capacity_run(&options, 1, &runner, &journal, &watcher, &search, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "line 2"));
    capacity_destroy(&search);
    trial_journal_close(&journal);
}
END_TEST

Suite *capacity_suite(void);
Suite *capacity_suite(void)
{
    Suite *suite = suite_create("capacity");
    TCase *tests = tcase_create("capacity");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, killed_anywhere_it_comes_to_the_same_end, 0,
                        sizeof models / sizeof models[0]);
    tcase_add_test(tests, interrupted_after_each_trial_it_comes_to_the_same_end);
    tcase_add_test(tests, a_finished_search_is_not_run_again);
    tcase_add_test(tests, what_the_generator_can_be_trusted_with_is_kept);
    tcase_add_test(tests, how_fast_the_target_was_is_kept);
    tcase_add_test(tests, a_line_that_is_no_trial_is_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}
