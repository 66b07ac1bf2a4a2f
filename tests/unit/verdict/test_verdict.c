/* Not under tsan: one thread. */
#include <check.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/generator_text.h"

static struct summary *summary;
static struct slo *slo;

/* Requests that were sent late, each answered after so long. */
static void add(unsigned count, uint64_t lag_ns, uint64_t service_ns)
{
    for (unsigned i = 0; i < count; i++) {
        struct result result = {
            .intended_ns = summary->intended * NS_PER_MS,
            .lag_ns = lag_ns,
            .service_ns = service_ns,
            .code = 200,
        };
        tally_add(summary->tally, &result);
        summary->intended++;
    }
}

static void setup(void)
{
    summary = summary_create();
    summary->generator = (struct generator){
        .threads = 2,
        .cpu_limit = 2,
        .cpu_seconds = 1,
        .wall_seconds = 10,
        .has_throttled = true,
        .loop_p99_ns = 5000,
    };
    slo = NULL;
    add(1000, 40 * NS_PER_US, 300 * NS_PER_US);
}

static void teardown(void)
{
    slo_destroy(slo);
    summary_destroy(summary);
}

static struct slo_verdict judge_slo(const char *text)
{
    slo_destroy(slo);
    slo = text ? slo_parse(text, NULL) : NULL;
    ck_assert(!text || slo);
    return slo_judge(slo, summary);
}

/* The verdict on the generator with this SLO (NULL: none) is of this class, for this reason. */
static void expect_class(const char *criteria, enum generator_class class, const char *reason)
{
    struct slo_verdict met = judge_slo(criteria);
    struct generator_verdict verdict = generator_judge(summary, criteria ? &met : NULL);
    char text[GENERATOR_TEXT];
    generator_verdict_print(&verdict, summary, text);
    ck_assert_msg(verdict.class == class, "%s", text);
    ck_assert_msg(!reason || strstr(text, reason) != NULL, "%s", text);
}

static void expect_limit(const char *reason)
{
    expect_class(NULL, reason ? GENERATOR_LIMIT : GENERATOR_CLEAN, reason);
}

START_TEST(an_idle_generator_was_not_the_limit)
{
    struct generator_verdict verdict = generator_judge(summary, NULL);
    char text[GENERATOR_TEXT];
    ck_assert_int_eq(verdict.class, GENERATOR_CLEAN);
    ck_assert_str_eq(generator_verdict_print(&verdict, summary, text),
                     "Clean: the generator used 5.0% of its CPU, and its 99th-percentile lag was "
                     "40µs.");
}
END_TEST

START_TEST(over_80_percent_of_its_cpu_it_was)
{
    summary->generator.cpu_seconds = 15.9;
    expect_limit(NULL);
    summary->generator.cpu_seconds = 16.2;
    expect_limit("it used 81% of its CPU limit (2 CPUs). Give it more CPU or reduce the load.");
}
END_TEST

START_TEST(more_cpu_is_no_advice_when_ports_were_short)
{
    summary->generator.cpu_seconds = 16.2;
    summary->generator.local_ports = 28232;
    summary->generator.time_wait = 14200;
    summary->generator.connects = 10000;
    summary->generator.connect_ns = 7 * NS_PER_S;
    expect_limit("connect(2) was slow because free local ports were scarce; widen "
                 "net.ipv4.ip_local_port_range.");
}
END_TEST

START_TEST(throttled_for_a_hundredth_of_the_time_it_was)
{
    summary->generator.throttled_seconds = 0.09;
    expect_limit(NULL);
    summary->generator.throttled_seconds = 0.25;
    expect_limit("the kernel throttled its CPU for at least 250ms. Give it more CPU or reduce the "
                 "load.");
    summary->generator.has_throttled = false;
    expect_limit(NULL);
}
END_TEST

/* What is seen is a lower bound: a pod's own group throttles as well, and unseen. */
START_TEST(other_processes_are_not_blamed_beside_any_throttling)
{
    summary->too_late = 1;
    expect_limit("Other processes on this machine delayed it");
    summary->generator.throttled_seconds = 0.001;
    expect_limit("start 1 request. Give it more CPU or reduce the load.");
    summary->generator.has_throttled = false;
    expect_limit("Other processes on this machine delayed it");
}
END_TEST

START_TEST(lost_workers_are_a_reason)
{
    summary->unknown = 312;
    expect_limit("Generator-limited: workers were lost with 312 requests. Find out why they were "
                 "lost, and repeat the run.");
    summary->is_unknown_least = true;
    expect_limit("workers were lost with at least 312 requests.");
}
END_TEST

START_TEST(more_cpu_is_asked_for_only_where_cpu_was_short)
{
    summary->too_late = 1;
    summary->generator.cpu_seconds = 12; /* of 20 */
    expect_limit("start 1 request. It had CPU left; reduce the load, or run it on dedicated CPUs.");
    summary->generator.cpu_seconds = 17;
    expect_limit("Give it more CPU or reduce the load.");
}
END_TEST

START_TEST(threads_that_are_fewer_than_cpus_are_named)
{
    summary->generator.threads = 1;
    summary->generator.cpu_seconds = 7.9;
    expect_limit(NULL);
    summary->generator.cpu_seconds = 9;
    expect_limit("Generator-limited: its 1 thread was 90% busy. Give it more threads (-cpus, and "
                 "at least as many -max-workers) or reduce the load.");
    summary->generator.cpu_limit = 1; /* as many as CPUs: it is the CPU that was short */
    expect_limit("it used 90% of its CPU limit (1 CPU). Give it more CPU or reduce the load.");
}
END_TEST

START_TEST(other_attacks_that_took_its_cpu_are_named)
{
    summary->too_late = 1;
    summary->generator.other_attacks = 1;
    expect_limit("Other attacks in the same container competed for CPU; run one at a time.");
    summary->generator.throttled_seconds = 0.001; /* the quota was short, whoever used it */
    expect_limit("Give it more CPU or reduce the load.");
    summary->generator.throttled_seconds = 0;
    summary->generator.cpu_seconds = 17; /* it needed all of it itself */
    expect_limit("Give it more CPU or reduce the load.");
}
END_TEST

/* It is no limit by itself, whatever it moved: nothing says that the target was held back. */
START_TEST(what_lag_moved_is_named)
{
    add(10, 3 * NS_PER_MS, 300 * NS_PER_US);
    expect_class(NULL, GENERATOR_DISTURBED,
                 "Disturbed by the generator: p99.9 3.3ms (300µs without the generator's lag), "
                 "though its CPU was mostly idle. Other processes on this machine delayed it; run "
                 "it on dedicated CPUs.");
    add(10, 4 * NS_PER_MS, 300 * NS_PER_US);
    expect_class(NULL, GENERATOR_DISTURBED,
                 ": p99 3.3ms (300µs without the generator's lag), p99.9 4.3ms (300µs), though");
}
END_TEST

START_TEST(what_lag_moved_by_little_is_not)
{
    add(100, 900 * NS_PER_US, 300 * NS_PER_US); /* by less than a millisecond */
    expect_class(NULL, GENERATOR_CLEAN, NULL);
    expect_class("p99<1s", GENERATOR_CLEAN, NULL);
    expect_class("p99.9<9.1ms", GENERATOR_CLEAN, NULL);
    expect_class("p99.9<8.9ms", GENERATOR_DISTURBED, "p95 "); /* over a tenth of the limit */
    add(100, 9 * NS_PER_MS, 100 * NS_PER_MS);                 /* by less than a tenth */
    expect_class(NULL, GENERATOR_CLEAN, NULL);
}
END_TEST

START_TEST(results_without_lag_were_not_moved)
{
    struct result result = {.is_bare = true, .service_ns = NS_PER_S, .code = 200};
    for (unsigned i = 0; i < 20; i++) {
        tally_add(summary->tally, &result);
    }
    expect_class(NULL, GENERATOR_CLEAN, NULL);
}
END_TEST

START_TEST(a_limit_that_is_missed_by_lag_alone_is_a_sign)
{
    add(20, 50 * NS_PER_MS, 300 * NS_PER_US);
    expect_class("p99<20ms", GENERATOR_LIMIT,
                 "Generator-limited: p99<20ms is missed only because of the generator's lag, and "
                 "p99 50.3ms (300µs without the generator's lag), p99.9 50.3ms (300µs), though its "
                 "CPU was mostly idle.");
    expect_class("p99<60ms", GENERATOR_DISTURBED, "p99 50.3ms (300µs ");
    ck_assert(judge_slo("p99<60ms").is_met);
}
END_TEST

START_TEST(beside_a_certain_miss_it_is_not_the_limit)
{
    add(20, 50 * NS_PER_MS, 300 * NS_PER_US);
    add(20, 0, 2 * NS_PER_S);
    expect_class("p99.5<20ms,p98<20ms", GENERATOR_DISTURBED,
                 "p98<20ms is missed only because of the generator's lag, though");
    summary->generator.cpu_seconds = 17;
    expect_class("p99<20ms", GENERATOR_DISTURBED,
                 "Disturbed by the generator: it used 85% of its CPU limit (2 CPUs). ");
    expect_class("p99<20ms", GENERATOR_DISTURBED,
                 "reduce the load. The target would miss the SLO even without this disturbance.");
    expect_class("p99<3s", GENERATOR_LIMIT,
                 "Generator-limited: it used 85% of its CPU limit (2 CPUs)");
    ck_assert(judge_slo("p99<3s").is_met);
}
END_TEST

START_TEST(with_a_slow_loop_it_was)
{
    summary->generator.loop_p99_ns = NS_PER_MS + 1;
    expect_limit("it read responses late (99th percentile of event loop turns: 1ms)");
    expect_class("p99<20ms", GENERATOR_CLEAN, NULL); /* up to a tenth of the tightest limit */
    expect_class("p99<10ms,max<1s", GENERATOR_LIMIT, "it read responses late");
    expect_class("errors<1%", GENERATOR_LIMIT, "it read responses late");
}
END_TEST

START_TEST(with_requests_that_came_too_late_it_was_and_all_reasons_are_given)
{
    summary->too_late = 7;
    expect_limit(
        "Generator-limited: it was too far behind to start 7 requests, though its CPU was mostly "
        "idle. Other processes on this machine delayed it; run it on dedicated CPUs.");
    summary->generator.cpu_seconds = 20;
    expect_limit("7 requests, and it used 100% of its CPU limit (2 CPUs)");
}
END_TEST

START_TEST(of_several_generators_the_latest_reader_counts)
{
    struct generator all = {.loop_unread_ns = 5, .throttled_most_ns = 50};
    generator_merge(&all, &(struct generator){.loop_unread_ns = 20, .throttled_most_ns = 30});
    ck_assert_uint_eq(generator_read_late_ns(&all), 55);
    generator_merge(&all, &(struct generator){.loop_unread_ns = 60, .throttled_most_ns = 2});
    ck_assert_uint_eq(generator_read_late_ns(&all), 62);
}
END_TEST

START_TEST(of_several_workers_the_worst_is_named)
{
    static const double cpu_seconds[] = {1, 17, 16.5};
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct generator one = summary->generator;
        one.cpu_seconds = cpu_seconds[i];
        one.throttled_seconds = i == 2 ? 1 : 0;
        summary_add_generator(summary, names[i], &one, NULL)->is_worker = true;
    }
    expect_limit("Give it more CPU or reduce the load. The worst worker was c.");
    summary->generators[2].generator.throttled_seconds = 0;
    expect_limit("The worst worker was b.");
    summary->generators[1].is_worker = summary->generators[2].is_worker = false;
    ck_assert_ptr_null(generator_judge(summary, NULL).worst);
}
END_TEST

START_TEST(without_a_generator_nothing_is_known)
{
    summary->generator.threads = 0;
    struct generator_verdict verdict = generator_judge(summary, NULL);
    char text[GENERATOR_TEXT];
    ck_assert_int_eq(verdict.class, GENERATOR_UNKNOWN);
    ck_assert_str_eq(generator_verdict_print(&verdict, summary, text),
                     "The results do not record whether the generator was the limit.");
    summary->is_going_on = true;
    ck_assert_str_eq(generator_verdict_print(&verdict, summary, text),
                     "It is not known yet whether the generator was the limit.");
}
END_TEST

START_TEST(the_share_of_scripts_is_named)
{
    char text[GENERATOR_TEXT];
    summary->generator.has_scripts = true;
    summary->generator.script_seconds = 0.834;
    struct generator_verdict verdict = generator_judge(summary, NULL);
    generator_verdict_print(&verdict, summary, text);
    ck_assert_msg(strstr(text, "µs. Scripts used 83% of the generator's CPU."), "%s", text);
    summary->generator.script_seconds = 1.02; /* of 1: an estimate */
    summary->generator.throttled_seconds = 1;
    verdict = generator_judge(summary, NULL);
    generator_verdict_print(&verdict, summary, text);
    ck_assert_msg(strstr(text, "load. Scripts used 100% of the generator's CPU."), "%s", text);
}
END_TEST

Suite *verdict_suite(void);
Suite *verdict_suite(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tests = tcase_create("verdict");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_idle_generator_was_not_the_limit);
    tcase_add_test(tests, over_80_percent_of_its_cpu_it_was);
    tcase_add_test(tests, more_cpu_is_no_advice_when_ports_were_short);
    tcase_add_test(tests, throttled_for_a_hundredth_of_the_time_it_was);
    tcase_add_test(tests, other_processes_are_not_blamed_beside_any_throttling);
    tcase_add_test(tests, lost_workers_are_a_reason);
    tcase_add_test(tests, more_cpu_is_asked_for_only_where_cpu_was_short);
    tcase_add_test(tests, threads_that_are_fewer_than_cpus_are_named);
    tcase_add_test(tests, other_attacks_that_took_its_cpu_are_named);
    tcase_add_test(tests, what_lag_moved_is_named);
    tcase_add_test(tests, what_lag_moved_by_little_is_not);
    tcase_add_test(tests, results_without_lag_were_not_moved);
    tcase_add_test(tests, a_limit_that_is_missed_by_lag_alone_is_a_sign);
    tcase_add_test(tests, beside_a_certain_miss_it_is_not_the_limit);
    tcase_add_test(tests, with_a_slow_loop_it_was);
    tcase_add_test(tests, with_requests_that_came_too_late_it_was_and_all_reasons_are_given);
    tcase_add_test(tests, of_several_generators_the_latest_reader_counts);
    tcase_add_test(tests, of_several_workers_the_worst_is_named);
    tcase_add_test(tests, without_a_generator_nothing_is_known);
    tcase_add_test(tests, the_share_of_scripts_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
