/* Not under tsan: one thread. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/report.h"

static struct summary *summary;
static char said[8][512];
static size_t count;

static void setup(void)
{
    summary = summary_create();
    summary->has_plan = true;
    summary->intended = 200;
    summary->generator = (struct generator){
        .threads = 2, .cpu_limit = 2, .cpu_seconds = 1, .wall_seconds = 1, .has_throttled = true};
    for (uint64_t k = 0; k < 200; k++) {
        struct result result = {.lag_ns = RESULT_LATE_NS, .service_ns = 1000, .code = 200};
        tally_add(summary->tally, &result);
    }
    count = 0;
}

static void teardown(void)
{
    summary_destroy(summary);
}

static void note(void *context, const char *sentence)
{
    ck_assert_ptr_eq(context, &count);
    strncpy(said[count++], sentence, sizeof said[0] - 1);
}

/* Exactly this one remark, or none for NULL. */
static void expect_only(const char *sentence)
{
    count = 0;
    size_t returned = report_remarks(summary, note, &count);
    ck_assert_uint_eq(returned, count);
    ck_assert_msg(count == (sentence != NULL), "%zu remarks, the first is: %s", count, said[0]);
    if (sentence) {
        ck_assert_str_eq(said[0], sentence);
    }
}

START_TEST(a_good_run_has_none)
{
    expect_only(NULL);
}
END_TEST

START_TEST(results_that_scripts_fired_are_counted)
{
    struct result fired = {.is_fired = true, .judgement = JUDGEMENT_SUCCESS};
    tally_add(summary->tally, &fired);
    expect_only("1 of 201 results was fired by scripts (events.request.fire). They count as "
                "requests, although loadgen sent nothing.");
}
END_TEST

START_TEST(what_is_wrong_with_answers_is_said_once)
{
    struct result odd = {.service_ns = 1000,
                         .code = 200,
                         .violations = VIOLATION_BIT(line_feed) | VIOLATION_BIT(repeated_length)};
    tally_clear(summary->tally);
    tally_add(summary->tally, &odd);
    odd.violations = VIOLATION_BIT(line_feed);
    tally_add(summary->tally, &odd);
    odd.violations = 0;
    tally_add(summary->tally, &odd);
    expect_only(
        "The responses to 2 of 3 requests violate RFC 9112: lines that end in LF without CR (2), "
        "Content-Length more than once (1). They are counted as valid, but other clients "
        "may reject them.");
}
END_TEST

START_TEST(an_idle_generator_without_numbers_has_none)
{
    memset(&summary->generator, 0, sizeof summary->generator);
    expect_only(NULL);
}
END_TEST

START_TEST(names_that_were_resolved_once)
{
    summary->lost_connects = 3;
    expect_only("3 connections to resolved addresses failed, and names were resolved only once. If "
                "pods were replaced during the run, re-resolve names with -dns-ttl 5s.");
}
END_TEST

START_TEST(addresses_that_did_not_get_equally_many)
{
    summary->scheduled_per_s = 300;
    summary->spread = (struct spread){.host = "api:80", .addresses = 3, .least = 990, .most = 1029};
    expect_only(NULL);
    summary->spread.most = 1449;
    expect_only(
        "The 3 addresses of api:80 received unequal numbers of requests, 990 to 1449. Addresses "
        "that refuse connections, stall or were resolved late receive fewer; see the rows by "
        "address.");
    summary->scheduled_per_s = 0;
    summary->spread.most = 1200;
    expect_only(NULL);
    summary->spread.most = 1300;
    expect_only("The 3 addresses of api:80 received unequal numbers of requests, 990 to 1300. "
                "Without a rate, faster addresses receive more.");
}
END_TEST

START_TEST(local_ports_that_are_short)
{
    summary->generator.local_ports = 28232;
    summary->generator.time_wait = 14200;
    summary->generator.connects = 1000;
    summary->generator.connect_ns = 1000 * UINT64_C(40) * NS_PER_US;
    expect_only(NULL);
    summary->generator.connect_ns = 1000 * UINT64_C(700) * NS_PER_US;
    expect_only("Local ports were scarce: 14200 sockets were in TIME_WAIT, and there are only "
                "28232 local ports. connect(2) took 700µs on average to find a free one. Keep "
                "connections alive (-keepalive), widen net.ipv4.ip_local_port_range (each pod has "
                "its own), or set net.ipv4.tcp_tw_reuse=1.");
    summary->generator.time_wait = 100;
    expect_only(NULL);
}
END_TEST

START_TEST(a_file_that_was_cut_short)
{
    summary->is_cut_short = true;
    expect_only("The results were cut short: the end of the run is missing. Results may be "
                "missing, too, and the numbers of intended requests and of requests not started "
                "are unknown.");
}
END_TEST

START_TEST(results_that_do_not_say_when_they_were_started)
{
    struct result bare = {.is_bare = true, .service_ns = 5, .code = 200};
    tally_add(summary->tally, &bare);
    summary->unplanned = 1;
    ck_assert_uint_eq(report_remarks(summary, note, &count), 2);
    ck_assert_str_eq(said[0],
                     "1 of 201 results lacks the times of start, service, connect, wait and lag, "
                     "retries and redirects. The rate is computed from their timestamps.");
    ck_assert_str_eq(said[1],
                     "1 result is from runs without a recorded plan; only recorded requests "
                     "of these runs count as intended.");
    tally_clear(summary->tally);
    tally_add(summary->tally, &bare);
    summary->has_plan = false;
    expect_only("The rate is computed from timestamps, because these results do not record when "
                "requests were started.");
}
END_TEST

START_TEST(names_that_share_a_row)
{
    summary->addresses.others = 7;
    expect_only("7 addresses share the row \"other\"; only the first 512 have rows of their own.");
}
END_TEST

START_TEST(a_file_that_is_damaged)
{
    summary->damaged = 3;
    expect_only("Results are missing: 3 damaged blocks or lines skipped.");
    count = 0;
    strcpy(summary->loss, "r.json: line 7, byte 99: not a JSON object");
    expect_only("Results are missing: 3 damaged blocks or lines skipped; the first in r.json: line "
                "7, byte 99: not a JSON object.");
}
END_TEST

START_TEST(a_run_that_was_stopped)
{
    summary->is_interrupted = true;
    expect_only("The run was stopped early.");
}
END_TEST

START_TEST(requests_that_were_not_started)
{
    summary->intended = 250;
    summary->not_started = 50;
    expect_only("50 of 250 requests (20.00%) were not started, because no connection was free "
                "before the run ended; the scheduled rate was not reached. The target is too slow "
                "for that rate, or -max-workers or -max-connections is too low.");
}
END_TEST

/* So many requests, of which so many opened a connection; the rest of each took a millisecond. */
static void add_requests(uint64_t requests, uint64_t opened, uint64_t service_ns)
{
    tally_clear(summary->tally);
    for (uint64_t k = 0; k < requests; k++) {
        struct result result = {.intended_ns = k * NS_PER_MS / 10,
                                .connect_ns = k < opened ? NS_PER_MS : 0,
                                .service_ns = service_ns,
                                .code = 200};
        tally_add(summary->tally, &result);
    }
    summary->rate_count = 10000;
    summary->rate_per_ns = NS_PER_S;
    summary->intended = requests + 50;
    summary->not_started = 50;
}

START_TEST(more_connections_than_are_of_use)
{
    add_requests(20000, 4000, NS_PER_MS);
    ck_assert_uint_eq(report_remarks(summary, note, &count), 2);
    ck_assert_str_eq(
        said[0],
        "50 of 20050 requests (0.25%) were not started, because no connection was free before the "
        "run ended; the scheduled rate was not reached. The target is too slow for that rate.");
    ck_assert_str_eq(said[1],
                     "4000 connections were opened, and each costs CPU in the generator "
                     "and the target. 64 should be enough: with -max-connections 64, the rate may "
                     "be higher.");
    /* Of a target that takes 100 ms for the fastest of its answers 4,000 may be busy. */
    add_requests(20000, 4000, 100 * NS_PER_MS);
    ck_assert_uint_eq((count = 0, report_remarks(summary, note, &count)), 1);
    /* So many are no harm where all was answered; 900 are not many. */
    add_requests(20000, 4000, NS_PER_MS);
    summary->not_started = 0;
    expect_only(NULL);
    add_requests(20000, 900, NS_PER_MS);
    ck_assert_uint_eq((count = 0, report_remarks(summary, note, &count)), 1);
    /* -keepalive=false, and a closed loop */
    add_requests(20000, 20000, NS_PER_MS);
    ck_assert_uint_eq((count = 0, report_remarks(summary, note, &count)), 1);
    add_requests(20000, 4000, NS_PER_MS);
    summary->rate_count = 0;
    ck_assert_uint_eq((count = 0, report_remarks(summary, note, &count)), 1);
}
END_TEST

START_TEST(requests_over_a_millisecond_late)
{
    struct result result = {.lag_ns = RESULT_LATE_NS + 1, .code = 200};
    expect_only(NULL); /* a millisecond is not over a millisecond */
    tally_add(summary->tally, &result);
    ck_assert_uint_eq(summary->tally->counters.late, 1);
    expect_only("1 request (0.50%) started more than 1ms late because of the generator "
                "(99th-percentile lag: 1ms).");
}
END_TEST

START_TEST(times_too_long_to_be_recorded)
{
    struct result result = {.service_ns = HISTOGRAM_MAX_NS + 1, .code = 200};
    tally_add(summary->tally, &result);
    expect_only("3 durations were over 9.77 hours; percentiles among them are the maximum.");
}
END_TEST

START_TEST(other_attacks_in_the_same_container)
{
    summary->generator.other_attacks = -1; /* not known */
    expect_only(NULL);
    summary->generator.other_attacks = 1;
    expect_only("1 other attack ran at the same time in this container (or on this machine, "
                "outside a container) and competed for CPU and the target. Run one at a time; "
                "loadgen stop ends all attacks.");
}
END_TEST

START_TEST(a_reader_that_held_the_attack_back)
{
    summary->generator.held_back_ns = 1500 * NS_PER_MS;
    expect_only(
        "The reader of the results was too slow: the attack was blocked for 1.5s (summed over 2 "
        "threads). Write results to a file with -output, or keep none with -encoding none.");
}
END_TEST

START_TEST(one_is_not_many)
{
    static const char *const expected[] = {
        "Results are missing: 1 damaged block or line skipped.",
        "The per-second counters of 1 second were skipped, because the reader of the results "
        "was "
        "too slow. No results are missing.",
        "1 target shares the row \"other\"; only the first 512 have rows of their own.",
        "1 of 1 request (100.00%) was not started, because the generator was too far behind when "
        "the run ended; the scheduled rate was not reached.",
        "The reader of the results was too slow: the attack was blocked for 1s (summed over 1 "
        "thread). Write results to a file with -output, or keep none with -encoding none.",
    };
    summary->damaged = summary->lost_seconds = 1;
    summary->rows.others = 1;
    summary->intended = summary->not_started = summary->too_late = 1;
    summary->generator.threads = 1;
    summary->generator.held_back_ns = NS_PER_S;
    ck_assert_uint_eq(report_remarks(summary, note, &count), sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_str_eq(said[i], expected[i]);
    }
}
END_TEST

START_TEST(what_was_abandoned_is_said)
{
    summary->is_interrupted = true;
    summary->abandoned = 2;
    ck_assert_uint_eq(report_remarks(summary, note, &count), 2);
    ck_assert_str_eq(said[1],
                     "A second signal abandoned 2 requests in flight. The other numbers exclude "
                     "them, so latencies are too low if the target was slow.");
}
END_TEST

START_TEST(a_worker_that_differs_is_named)
{
    struct summary_generator *one =
        summary_add_generator(summary, "worker-3", &summary->generator, NULL);
    one->is_worker = true;
    expect_only(NULL);
    snprintf(one->own.differs, sizeof one->own.differs, "CPU 95%% (median of all workers 50%%)");
    expect_only("worker-3 differs from the other workers: CPU 95% (median of all workers 50%). It "
                "was disturbed, or reaches the target in another way, so the merged numbers mix "
                "two situations.");
}
END_TEST

START_TEST(what_was_lost_with_workers_is_said)
{
    summary_add_lost(summary, "a", 300, false);
    summary_add_lost(summary, "worker-7", 12, true);
    ck_assert_uint_eq(summary->unknown, 312);
    ck_assert_uint_ge(report_remarks(summary, note, &count), 1);
    ck_assert_str_eq(said[0],
                     "Lost with a, worker-7: at least 312 requests, which may have been sent. They "
                     "are neither in the results nor counted as not started.");
}
END_TEST

START_TEST(iterations_and_rows_of_lost_workers_are_counted)
{
    summary->iterations_unknown = 1;
    expect_only("1 iteration was due on lost workers and not reported: it may have been started.");
    summary->iterations_unknown = 0;
    summary->lost_rows = 500;
    expect_only("500 rows of feeders with order = \"once\" belonged to lost workers: some may not "
                "have been used, and no other worker used them.");
}
END_TEST

START_TEST(all_that_is_true_is_said)
{
    summary->is_cut_short = true;
    summary->damaged = 1;
    summary->is_interrupted = true;
    summary->not_started = 1;
    summary->generator.cpu_seconds = 2;
    summary->generator.throttled_seconds = 1;
    summary->generator.held_back_ns = 1;
    ck_assert_uint_eq(report_remarks(summary, note, &count), 5);
    ck_assert_uint_eq(count, 5);
}
END_TEST

Suite *remarks_suite(void);
Suite *remarks_suite(void)
{
    Suite *suite = suite_create("remarks");
    TCase *tests = tcase_create("remarks");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_good_run_has_none);
    tcase_add_test(tests, results_that_scripts_fired_are_counted);
    tcase_add_test(tests, what_is_wrong_with_answers_is_said_once);
    tcase_add_test(tests, an_idle_generator_without_numbers_has_none);
    tcase_add_test(tests, a_file_that_was_cut_short);
    tcase_add_test(tests, iterations_and_rows_of_lost_workers_are_counted);
    tcase_add_test(tests, results_that_do_not_say_when_they_were_started);
    tcase_add_test(tests, names_that_were_resolved_once);
    tcase_add_test(tests, addresses_that_did_not_get_equally_many);
    tcase_add_test(tests, local_ports_that_are_short);
    tcase_add_test(tests, names_that_share_a_row);
    tcase_add_test(tests, a_file_that_is_damaged);
    tcase_add_test(tests, a_run_that_was_stopped);
    tcase_add_test(tests, requests_that_were_not_started);
    tcase_add_test(tests, more_connections_than_are_of_use);
    tcase_add_test(tests, requests_over_a_millisecond_late);
    tcase_add_test(tests, times_too_long_to_be_recorded);
    tcase_add_test(tests, other_attacks_in_the_same_container);
    tcase_add_test(tests, a_reader_that_held_the_attack_back);
    tcase_add_test(tests, one_is_not_many);
    tcase_add_test(tests, what_was_abandoned_is_said);
    tcase_add_test(tests, a_worker_that_differs_is_named);
    tcase_add_test(tests, what_was_lost_with_workers_is_said);
    tcase_add_test(tests, all_that_is_true_is_said);
    suite_add_tcase(suite, tests);
    return suite;
}
