/*
 * Known answers: a scripted server does something, and the summary of a real run against it over
 * real sockets must say so. Lower bounds are strict; upper ones leave room for a busy machine. What
 * single answers and connections may do is in test_engine.c.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/binary/result_codec.h"
#include "tests/support/measurement.h"
#include "tests/support/read_back.h"
#include "tests/support/tallies.h"

static uint64_t p99(const struct histogram *h)
{
    return histogram_percentile(h, 990000);
}

START_TEST(everything_intended_is_sent_and_served)
{
    struct measurement m = measure(&measurement_open_loop, &measurement_answers_at_once);
    ck_assert_uint_eq(m.summary->intended, 100);
    ck_assert_uint_eq(m.summary->tally->counters.answered, 100);
    ck_assert_uint_eq(m.truth.answers, 100);
    ck_assert_uint_eq(m.summary->tally->codes[200], 100);
    ck_assert_uint_eq(m.summary->tally->bytes_in, UINT64_C(100) * 15);
    ck_assert_uint_eq(m.summary->tally->error_count, 0);
    ck_assert_double_eq_tol(summary_rate(m.summary), 200, 20);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_warm_up_is_sent_and_not_counted)
{
    struct plan plan = _i == 0 ? measurement_open_loop : measurement_closed_loop;
    plan.warmup = schedule_warmup(&plan.schedule, 300 * MS);
    static const struct script_step step = {.delay_ms = 2, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct err err = {0};
    struct measurement m = {0};
    struct script_server *server = script_server_start(&script, &err);
    const struct control control = {.stop_fd = -1};
    m.summary = measurement_attack(&plan, "GET", script_server_port(server), &control, NULL);
    m.truth = script_server_stop(server);
    const struct counters *counters = &m.summary->tally->counters;
    ck_assert_uint_eq(counters->ended, m.summary->started);
    ck_assert_uint_eq(counters->ended, counters->answered);
    if (_i == 0) {
        ck_assert_uint_eq(counters->ended, 100);
        ck_assert_uint_eq(m.truth.answers, 160); /* 0.3 s at 200/s before */
        /* That is what it is for; a hiccup may need one more connection later. */
        ck_assert_uint_eq(histogram_percentile(&m.summary->tally->connect, 900000), 0);
    } else {
        ck_assert_uint_gt(counters->ended, 100);
        ck_assert_uint_gt(m.truth.answers, counters->ended + 100);
    }
    summary_destroy(m.summary);
}
END_TEST

START_TEST(each_target_has_its_row)
{
    struct measurement m = measure(&measurement_open_loop, &measurement_answers_at_once);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(m.summary->rows.count, 2);
    ck_assert_str_eq(rows_name(&m.summary->rows, 0), "GET /a");
    ck_assert_str_eq(rows_name(&m.summary->rows, 1), "GET /b");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(tally->rows[i].ended, 50);
        ck_assert_uint_eq(tally->rows[i].successes, 50);
        ck_assert_uint_eq(tally->rows[i].bytes_in, UINT64_C(50) * 15);
    }
    ck_assert_uint_eq(tally->rows[0].latency.sum_ns + tally->rows[1].latency.sum_ns,
                      tally->latency.sum_ns);
    summary_destroy(m.summary);
}
END_TEST

/* The server stands still for a second; a fifth of the requests fall into it or wait behind it. */
START_TEST(a_stall_shows_in_p99_however_few_workers)
{
    static const uint64_t workers[] = {1, 2, 16, UINT64_MAX};
    struct script script = measurement_answers_at_once;
    script.stall_at_ms = 300;
    script.stall_ms = 1000;
    struct plan plan = measurement_open_loop;
    plan.schedule.duration_ns = 3 * NS_PER_S;
    plan.max_workers = workers[_i];
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_ge(tally->counters.answered, 590); /* the last may wait for the only worker */
    ck_assert_uint_ge(tally->latency.max_ns, 990 * MS);
    ck_assert_uint_ge(p99(&tally->latency), 950 * MS);
    ck_assert_uint_ge(histogram_percentile(&tally->latency, 900000), 600 * MS);
    ck_assert_uint_le(histogram_percentile(&tally->latency, 500000), 100 * MS);
    if (plan.max_workers == 1) {
        /* One request was in the stall, the others waited for its connection: not our fault. */
        ck_assert_uint_le(p99(&tally->service), 300 * MS);
        ck_assert_uint_ge(p99(&tally->wait), 900 * MS);
        ck_assert_uint_le(p99(&tally->lag), 100 * MS);
    }
    summary_destroy(m.summary);
}
END_TEST

START_TEST(latency_is_never_below_the_delay_and_close_to_it)
{
    static const struct script_step step = {.delay_ms = 20, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    bool is_close = false;
    for (int tries = 0; tries < 4 && !is_close; tries++) { /* the machine may be busy for a while */
        struct measurement m = measure(&measurement_open_loop, &script);
        const struct tally *tally = m.summary->tally;
        ck_assert_uint_ge(tally->latency.min_ns, 20 * MS);
        ck_assert_uint_ge(tally->service.min_ns, 20 * MS);
        is_close = histogram_percentile(&tally->service, 500000) <= 21 * MS;
        summary_destroy(m.summary);
    }
    ck_assert(is_close);
}
END_TEST

START_TEST(what_waits_for_a_connection_at_the_end_is_not_started)
{
    static const struct script_step step = {.delay_ms = 100, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = measurement_open_loop;
    plan.schedule.rate.count = 100;
    plan.schedule.duration_ns = NS_PER_S;
    plan.max_workers = _i == 0 ? 1 : UINT64_MAX;
    plan.max_connections = _i == 0 ? UINT64_MAX : 1;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->intended, 100);
    ck_assert_uint_ge(m.summary->tally->counters.answered, 8);
    ck_assert_uint_le(m.summary->tally->counters.answered, 10);
    ck_assert_uint_ge(m.summary->not_started, 90);
    for (size_t i = 0; i < 2; i++) { /* the two targets take turns */
        ck_assert_uint_eq(m.summary->rows_not_started[i] + m.summary->tally->rows[i].ended, 50);
    }
    ck_assert_double_eq(m.summary->scheduled_per_s, 100);
    ck_assert_uint_eq(m.truth.connections_peak, 1);
    ck_assert_uint_le(m.took_ns, 1500 * MS);
    /* Each waited for the one connection, and not for us. */
    ck_assert_uint_ge(m.summary->tally->wait.max_ns, 500 * MS);
    ck_assert_uint_le(histogram_percentile(&m.summary->tally->lag, 500000), 50 * MS);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_closed_loop_keeps_its_workers_busy_and_no_more)
{
    static const struct script_step step = {.delay_ms = 10, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct measurement m = measure(&measurement_closed_loop, &script);
    ck_assert_uint_eq(m.truth.connections_peak, 4);
    ck_assert_uint_eq(m.summary->not_started, 0);
    ck_assert_uint_ge(m.summary->tally->counters.answered, 40); /* at most 4 * 250 / 10 */
    ck_assert_uint_le(m.summary->tally->counters.answered, 104);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(closed_loop_workers_share_fewer_connections)
{
    static const struct script_step step = {.delay_ms = 10, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = measurement_closed_loop;
    plan.max_connections = 2;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.truth.connections_peak, 2);
    /* Each request waits about as long as it is served: the connections are the users' cap. */
    ck_assert_uint_ge(histogram_percentile(&m.summary->tally->wait, 500000), 8 * MS);
    ck_assert_uint_le(histogram_percentile(&m.summary->tally->lag, 500000), 2 * MS);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_stop_drains_and_the_account_is_whole)
{
    static const struct script_step step = {.delay_ms = 50, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct err err = {0};
    struct plan plan = _i == 0 ? measurement_open_loop : measurement_closed_loop;
    plan.schedule.duration_ns = 0; /* without an end */
    struct script_server *server = script_server_start(&script, &err);
    const struct control control = {.stop_fd =
                                        eventfd(1, EFD_CLOEXEC)}; /* asked from the beginning */
    struct measurement m = {0};
    m.summary = measurement_attack(&plan, "GET", script_server_port(server), &control, NULL);
    m.truth = script_server_stop(server);
    measurement_check_balance(&plan, &m);
    ck_assert(m.summary->is_interrupted);
    ck_assert_uint_eq(m.summary->tally->counters.timed_out, 0);
    if (_i == 0) {
        /* what is due after the stop is not sent, the grace is for what was due before it */
        ck_assert_uint_le(m.summary->intended, 5);
    }
    close(control.stop_fd);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(results_that_were_written_say_what_the_run_says)
{
    struct err err = {0};
    struct script script = measurement_answers_at_once;
    script.close_every = 7;
    struct plan plan = measurement_open_loop;
    plan.schedule.rate.count = 2000;
    FILE *file = tmpfile();
    struct script_server *server = script_server_start(&script, &err);
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    const struct control control = {.stop_fd = -1};
    struct summary *live =
        measurement_attack(&plan, "GET", script_server_port(server), &control, writer);
    script_server_stop(server);
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    rewind(file);
    struct summary *read = summary_create();
    ck_assert_msg(read_back_fd(fileno(file), "file", read, &err), "%s", err.text);
    fclose(file);
    ck_assert_uint_eq(read->damaged, 0);
    ck_assert(!read->is_cut_short);
    ck_assert_uint_eq(read->intended, live->intended);
    ck_assert_uint_eq(read->not_started, live->not_started);
    ck_assert_int_eq(
        memcmp(&read->tally->counters, &live->tally->counters, sizeof read->tally->counters), 0);
    ck_assert(histograms_are_equal(&read->tally->latency, &live->tally->latency));
    ck_assert(histograms_are_equal(&read->tally->lag, &live->tally->lag));
    for (size_t i = 0; i < ROWS_ALL; i++) {
        ck_assert_uint_eq(read->tally->rows[i].ended, live->tally->rows[i].ended);
        ck_assert_str_eq(rows_name(&read->rows, i), rows_name(&live->rows, i));
    }
    ck_assert_uint_eq(read->tally->first_intended_ns,
                      live->tally->first_intended_ns + live->wall_start_ns);
    summary_destroy(live);
    summary_destroy(read);
}
END_TEST

/* Far more is asked than can be sent, so that requests are still started after the end. */
START_TEST(nothing_times_out_before_its_time)
{
    struct err err = {0};
    struct plan plan = measurement_open_loop;
    plan.schedule.rate.count = 300000;
    plan.schedule.duration_ns = 200 * MS;
    plan.timeout_ns = 20 * MS;
    plan.max_workers = 64;
    FILE *file = tmpfile();
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    const struct control control = {.stop_fd = -1};
    struct measurement m = {0};
    m.summary = measurement_attack(&plan, "GET", script_server_port(server), &control, writer);
    m.truth = script_server_stop(server);
    measurement_check_balance(&plan, &m);
    ck_assert(result_writer_close(writer, &err));
    rewind(file);
    struct block *block = malloc(sizeof *block);
    struct result_decoder *decoder = malloc(sizeof *decoder);
    struct result result;
    while (read_back_block(block, file)) {
        if (block->type != BLOCK_RESULTS) {
            continue;
        }
        result_decoder_begin(decoder, block, &m.summary->texts);
        while (result_decoder_next(decoder, &result) == RESULT_DECODE_OK) {
            if (result.outcome == OUTCOME_TIMED_OUT) {
                ck_assert_uint_ge(result.connect_ns + result.service_ns, plan.timeout_ns);
            }
        }
    }
    free(block);
    free(decoder);
    fclose(file);
    summary_destroy(m.summary);
}
END_TEST

Suite *run_suite(void);
Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *tests = tcase_create("known answers");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, everything_intended_is_sent_and_served);
    tcase_add_loop_test(tests, a_warm_up_is_sent_and_not_counted, 0, 2);
    tcase_add_test(tests, each_target_has_its_row);
    tcase_add_loop_test(tests, a_stall_shows_in_p99_however_few_workers, 0, 4);
    tcase_add_test(tests, latency_is_never_below_the_delay_and_close_to_it);
    tcase_add_loop_test(tests, what_waits_for_a_connection_at_the_end_is_not_started, 0, 2);
    tcase_add_test(tests, a_closed_loop_keeps_its_workers_busy_and_no_more);
    tcase_add_test(tests, closed_loop_workers_share_fewer_connections);
    tcase_add_loop_test(tests, a_stop_drains_and_the_account_is_whole, 0, 2);
    tcase_add_test(tests, nothing_times_out_before_its_time);
    tcase_add_test(tests, results_that_were_written_say_what_the_run_says);
    suite_add_tcase(suite, tests);
    return suite;
}
