#include <check.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/capacity/trial/reason.h"

static struct summary *summary;
static struct slo *slo;
static char reason[REASON_TEXT];
static bool is_recovered;

static void setup(void)
{
    struct err err = {.code = ERR_NONE};
    is_recovered = true;
    summary = summary_create();
    slo = slo_parse("p99<100ms,errors<10%", &err);
    ck_assert_msg(slo != NULL, "%s", err.text);
    summary->generator = (struct generator){
        .threads = 2, .cpu_limit = 2, .cpu_seconds = 1, .wall_seconds = 10, .has_throttled = true};
    summary->has_plan = true;
}

static void teardown(void)
{
    slo_destroy(slo);
    summary_destroy(summary);
}

static void add(unsigned count, uint64_t service_ns, uint64_t lag_ns, uint64_t wait_ns)
{
    struct result result = {
        .service_ns = service_ns, .lag_ns = lag_ns, .wait_ns = wait_ns, .code = 200};
    for (unsigned i = 0; i < count; i++) {
        tally_add(summary->tally, &result);
    }
    summary->intended += count;
    summary->started += count;
}

static enum trial_outcome classify(void)
{
    struct slo_verdict verdict = slo_judge(slo, summary);
    struct trial_finding finding = classify_trial(&verdict, summary);
    const struct reason_cap cap = {1024, "-max-connections"};
    reason_print(&finding, &verdict, summary, &cap, is_recovered, reason);
    return finding.outcome;
}

static void expect_named_cap(void)
{
    ck_assert_ptr_nonnull(
        strstr(reason, "; 50% of the requests waited for a connection (limit per host and port: "
                       "1024, -max-connections)"));
}

START_TEST(what_met_the_slo_is_good_whatever_the_generator_suffered)
{
    add(1000, NS_PER_MS, 50 * NS_PER_MS, 0);
    summary->generator.throttled_seconds = 5;
    ck_assert_int_eq(classify(), TRIAL_GOOD);
    ck_assert_str_eq(reason, "");
}
END_TEST

START_TEST(what_changing_workers_sent_is_invalid)
{
    add(1000, NS_PER_MS, NS_PER_MS, 0);
    summary->workers_changed = true;
    ck_assert_int_eq(classify(), TRIAL_INVALID);
    ck_assert_str_eq(reason, "workers joined, left or were lost during the trial");
    add(1000, 150 * NS_PER_MS, NS_PER_MS, 0);
    ck_assert_int_eq(classify(), TRIAL_INVALID);
}
END_TEST

START_TEST(what_the_target_missed_is_bad_beside_any_trouble)
{
    add(1000, 150 * NS_PER_MS, NS_PER_MS, 0);
    ck_assert_int_eq(classify(), TRIAL_BAD);
    ck_assert_ptr_nonnull(strstr(reason, "p99<100ms"));
    summary->generator.cpu_seconds = 19;
    ck_assert_int_eq(classify(), TRIAL_BAD);
}
END_TEST

START_TEST(what_lag_made_of_it_is_invalid)
{
    add(1000, 20 * NS_PER_MS, 120 * NS_PER_MS, 0);
    ck_assert_int_eq(classify(), TRIAL_INVALID);
    ck_assert_ptr_nonnull(strstr(reason, "p99<100ms"));
    ck_assert_ptr_nonnull(strstr(reason, "Generator-limited"));
}
END_TEST

START_TEST(requests_that_were_too_late_to_start_make_it_invalid)
{
    add(990, NS_PER_MS, 0, 0);
    summary->intended += 10;
    summary->not_started = summary->too_late = 10;
    ck_assert_int_eq(classify(), TRIAL_INVALID);
}
END_TEST

START_TEST(requests_that_were_too_late_do_not_blame_the_cap)
{
    add(500, NS_PER_MS, 0, 0);
    summary->intended += 500;
    summary->not_started = summary->too_late = 500;
    ck_assert_int_eq(classify(), TRIAL_INVALID);
    ck_assert_ptr_null(strstr(reason, "-max-connections"));
}
END_TEST

START_TEST(requests_that_found_no_connection_make_it_bad_and_name_the_flag)
{
    add(500, NS_PER_MS, 0, 0);
    add(300, 200 * NS_PER_MS, 0, 500 * NS_PER_MS);
    summary->intended += 200;
    summary->not_started = 200;
    ck_assert_int_eq(classify(), TRIAL_BAD);
    expect_named_cap();
}
END_TEST

START_TEST(what_lag_made_of_it_names_the_flag_as_well)
{
    add(500, NS_PER_MS, 0, 0);
    add(500, 20 * NS_PER_MS, 120 * NS_PER_MS, 10 * NS_PER_MS);
    ck_assert_int_eq(classify(), TRIAL_INVALID);
    expect_named_cap();
    ck_assert_ptr_nonnull(strstr(reason, "Generator-limited"));
}
END_TEST

START_TEST(what_was_measured_before_the_target_recovered_says_so)
{
    add(1000, 150 * NS_PER_MS, 0, 0);
    ck_assert_int_eq(classify(), TRIAL_BAD);
    ck_assert_ptr_null(strstr(reason, "recovered"));
    is_recovered = false;
    ck_assert_int_eq(classify(), TRIAL_BAD);
    ck_assert_ptr_nonnull(strstr(reason, "; before the trial, the target had not recovered: "));
}
END_TEST

START_TEST(not_all_started_is_not_good_even_if_the_slo_is_met)
{
    add(995, NS_PER_MS, 0, 0);
    summary->intended += 5;
    summary->not_started = 5;
    ck_assert_int_eq(classify(), TRIAL_BAD);
    ck_assert_str_eq(reason, "5 requests were not started");
}
END_TEST

Suite *classify_suite(void);
Suite *classify_suite(void)
{
    Suite *suite = suite_create("classify");
    TCase *tests = tcase_create("classify");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_met_the_slo_is_good_whatever_the_generator_suffered);
    tcase_add_test(tests, what_changing_workers_sent_is_invalid);
    tcase_add_test(tests, what_the_target_missed_is_bad_beside_any_trouble);
    tcase_add_test(tests, what_lag_made_of_it_is_invalid);
    tcase_add_test(tests, requests_that_were_too_late_to_start_make_it_invalid);
    tcase_add_test(tests, requests_that_were_too_late_do_not_blame_the_cap);
    tcase_add_test(tests, requests_that_found_no_connection_make_it_bad_and_name_the_flag);
    tcase_add_test(tests, what_lag_made_of_it_names_the_flag_as_well);
    tcase_add_test(tests, what_was_measured_before_the_target_recovered_says_so);
    tcase_add_test(tests, not_all_started_is_not_good_even_if_the_slo_is_met);
    suite_add_tcase(suite, tests);
    return suite;
}
