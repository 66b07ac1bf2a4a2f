/* The texts of a trial outlive a later one that cannot begin: its numbers are still shown. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/agenda/driver.h"
#include "loadgen/capacity/trial/trial_runner.h"
#include "loadgen/measure/summary.h"
#include "loadgen/target/targets.h"
#include "tests/support/measurement.h"

static const char *shown; /* the first error of the last second */

static void on_second(void *context, const struct second *second)
{
    (void)context;
    ck_assert_uint_gt(second->total->error_count, 0);
    shown = second->total->errors[0].text;
}

static struct drive *open_nothing(const struct order *order, const struct team *team,
                                  struct err *err)
{
    (void)order, (void)team;
    err_set(err, ERR_FAILED, "no drive");
    return NULL;
}

static struct driver_type cannot_begin;

static bool run_trial(struct trial_runner *runner, const struct driver_type *type, struct err *err)
{
    const struct capacity_runner trials = trial_runner_make(runner);
    const struct search_move move = {.rate = 100, .duration_ns = NS_PER_S / 10};
    struct trial trial;
    json_t *record = NULL;
    json_t *baseline = json_pack("{s:i, s:i, s:b}", "response", 1, "rate", 20, "failed", 1);
    trials.resume(trials.context, baseline);
    runner->target.driver_type = type;
    runner->was_good = true; /* waits for no recovery */
    bool ok = trials.run(trials.context, &move, 1, &trial, &record, err);
    json_decref(baseline);
    json_decref(record);
    return ok;
}

START_TEST(texts_outlive_a_trial_that_cannot_begin)
{
    char text[] = "GET http://127.0.0.1:1/\n"; /* nothing listens there */
    struct err err = {.code = ERR_NONE};
    struct targets targets;
    FILE *in = fmemopen(text, strlen(text), "r");
    const struct message_defaults defaults = {.keepalive = true};
    ck_assert(targets_read(&targets, in, "test", &format_http, &defaults, &err));
    fclose(in);
    struct source source = source_of(targets.requests, targets.count);
    const struct order order = {&measurement_open_loop, &targets, &source};
    const struct control control = {.stop_fd = -1};
    struct slo *slo = slo_parse("p99<1s", &err);
    struct trial_runner runner = {
        .order = &order,
        .slo = slo,
        .control = &control,
        .arrival = SCHEDULE_CONSTANT,
        .on_second = on_second,
    };
    cannot_begin = driver_agenda;
    cannot_begin.open = open_nothing;
    ck_assert_msg(run_trial(&runner, &driver_agenda, &err), "%s", err.text);
    const struct summary *last = runner.last;
    ck_assert(!run_trial(&runner, &cannot_begin, &err));
    ck_assert_str_eq(err.text, "no drive");
    ck_assert_ptr_eq(runner.last, last);
    ck_assert_ptr_nonnull(strstr(shown, "refused"));
    ck_assert_msg(run_trial(&runner, &driver_agenda, &err), "%s", err.text);
    ck_assert_ptr_ne(runner.last, last);
    trial_runner_close(&runner);
    slo_destroy(slo);
    targets_free(&targets);
}
END_TEST

Suite *trial_runner_suite(void);
Suite *trial_runner_suite(void)
{
    Suite *suite = suite_create("trial_runner");
    TCase *tests = tcase_create("trial_runner");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, texts_outlive_a_trial_that_cannot_begin);
    suite_add_tcase(suite, tests);
    return suite;
}
