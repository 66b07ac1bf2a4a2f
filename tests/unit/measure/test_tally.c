/* Not under tsan: one thread. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/measure/tally.h"
#include "tests/support/tallies.h"

enum { RESULTS = 20000, PARTS = 3 };

static struct tally *whole;
static struct tally *parts[PARTS];
static struct text_pool pool;
static struct random chance;

static void setup(void)
{
    whole = tally_create(true, false);
    for (int i = 0; i < PARTS; i++) {
        parts[i] = tally_create(true, false);
    }
    text_pool_init(&pool);
    chance = random_seeded(11);
}

static void teardown(void)
{
    tally_destroy(whole);
    for (int i = 0; i < PARTS; i++) {
        tally_destroy(parts[i]);
    }
    text_pool_fini(&pool);
}

static struct result random_result(void)
{
    struct result result = tallies_random_result(&chance, &pool);
    result.is_bare = false;
    return result;
}

static void expect_equal(const struct tally *a, const struct tally *b)
{
    ck_assert(tallies_are_equal(a, b));
}

START_TEST(merging_the_parts_is_the_same_as_counting_all_in_one)
{
    for (int i = 0; i < RESULTS; i++) {
        struct result result = random_result();
        tally_add(whole, &result);
        tally_add(parts[i % 2], &result);
        histogram_record(&whole->loop, result.lag_ns);
        histogram_record(&parts[i % 2]->loop, result.lag_ns);
    }
    tally_merge(parts[2], parts[0]);
    tally_merge(parts[2], parts[1]);
    expect_equal(parts[2], whole);
    tally_clear(parts[0]);
    tally_merge(parts[2], parts[0]); /* an empty one changes nothing */
    expect_equal(parts[2], whole);
    ck_assert_uint_gt(tally_clipped(whole), 0);
}
END_TEST

START_TEST(the_counters_balance)
{
    uint64_t codes = 0;
    uint64_t errors = 0;
    for (int i = 0; i < RESULTS; i++) {
        struct result result = random_result();
        tally_add(whole, &result);
    }
    const struct counters *c = &whole->counters;
    ck_assert_uint_eq(c->ended, RESULTS);
    ck_assert_uint_eq(c->answered + c->timed_out + c->failed, c->ended);
    for (size_t i = 0; i < TALLY_CODES; i++) {
        codes += whole->codes[i];
    }
    ck_assert_uint_eq(codes, c->ended);
    for (size_t i = 0; i < whole->error_count; i++) {
        errors += whole->errors[i].count;
    }
    ck_assert_uint_eq(errors, c->timed_out + c->failed);
    ck_assert_uint_eq(whole->unanswered.count, c->timed_out + c->failed);
    uint64_t kinds = 0; /* exact, whatever became of the texts */
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        kinds += whole->kinds[i].count;
    }
    ck_assert_uint_eq(kinds, c->ended - tally_successes(whole));
    ck_assert_uint_eq(whole->kinds[OUTCOME_TIMED_OUT].count, c->timed_out);
    ck_assert_uint_eq(whole->error_count, TEXT_POOL_MAX + 1);
#define X(name, label) ck_assert_uint_eq(whole->name.count, c->ended);
    TIMINGS(X)
#undef X
    ck_assert_uint_eq(whole->latency.sum_ns, whole->lag.sum_ns + whole->wait.sum_ns +
                                                 whole->connect.sum_ns + whole->service.sum_ns);
    ck_assert_uint_eq(whole->latency.sum_ns, whole->lag.sum_ns + whole->response.sum_ns);
    ck_assert_uint_eq(whole->unanswered_response.count, whole->unanswered.count);
}
END_TEST

START_TEST(one_result_is_counted_where_it_belongs)
{
    struct result result = {.intended_ns = 1000,
                            .lag_ns = RESULT_LATE_NS + 1,
                            .wait_ns = 20,
                            .connect_ns = 300,
                            .service_ns = 4000,
                            .bytes_in = 5,
                            .bytes_out = 6,
                            .retries = 2,
                            .outcome = OUTCOME_CLOSED,
                            .error = text_pool_intern(&pool, "EOF")};
    tally_add(whole, &result);
    static const struct counters expected = {.ended = 1, .failed = 1, .retried = 2, .late = 1};
    ck_assert_mem_eq(&whole->counters, &expected, sizeof expected);
    ck_assert_uint_eq(whole->latency.max_ns, RESULT_LATE_NS + 1 + 4320);
    ck_assert_uint_eq(whole->unanswered.max_ns, RESULT_LATE_NS + 1 + 4320);
    ck_assert_uint_eq(whole->rows[0].unanswered.max_ns, RESULT_LATE_NS + 1 + 4320);
    ck_assert_uint_eq(whole->response.max_ns, 4320);
    ck_assert_uint_eq(whole->unanswered_response.max_ns, 4320);
    ck_assert_uint_eq(whole->rows[0].response.max_ns, 4320);
    ck_assert_uint_eq(whole->rows[0].unanswered_response.max_ns, 4320);
    ck_assert_uint_eq(whole->service.max_ns, 4000);
    ck_assert_uint_eq(whole->connect.max_ns, 300);
    ck_assert_uint_eq(whole->wait.max_ns, 20);
    ck_assert_uint_eq(whole->lag.max_ns, RESULT_LATE_NS + 1);
    ck_assert_uint_eq(whole->first_intended_ns, 1000);
    ck_assert_uint_eq(whole->last_intended_ns, 1000);
    ck_assert_uint_eq(whole->first_started_ns, 1000 + RESULT_LATE_NS + 1 + 20);
    ck_assert_uint_eq(whole->end_ns, 1000 + RESULT_LATE_NS + 1 + 4320);
    ck_assert_uint_eq(whole->codes[0], 1);
    ck_assert_uint_eq(whole->bytes_in, 5);
    ck_assert_uint_eq(whole->bytes_out, 6);
    for (int kind = 0; kind < OUTCOMES_ALL; kind++) {
        ck_assert_uint_eq(whole->kinds[kind].count, kind == OUTCOME_CLOSED);
    }
    ck_assert_ptr_eq(whole->kinds[OUTCOME_CLOSED].example, result.error);
}
END_TEST

/* The count of the failures with this row and error; 0: none is listed. */
static uint64_t failures_of(const struct tally *tally, uint16_t row, const char *text)
{
    for (size_t i = 0; i < tally->failures.count; i++) {
        const struct failure *failure = &tally->failures.list[i];
        if (failure->row == row && failure->text == text) {
            return failure->count;
        }
    }
    return 0;
}

static uint64_t count_failures(const struct tally *tally)
{
    uint64_t count = tally->failures.unlisted;
    for (size_t i = 0; i < tally->failures.count; i++) {
        count += tally->failures.list[i].count;
    }
    return count;
}

/* There are more pairs of row and error than entries. */
START_TEST(failures_are_counted_by_row_and_error)
{
    for (int i = 0; i < RESULTS; i++) {
        struct result result = random_result();
        tally_add(whole, &result);
        tally_add(parts[i % 2], &result);
    }
    tally_merge(parts[2], parts[0]);
    tally_merge(parts[2], parts[1]);
    ck_assert_uint_eq(count_failures(whole), whole->counters.ended - whole->counters.answered);
    ck_assert_uint_eq(count_failures(parts[2]), count_failures(whole));
    ck_assert_uint_eq(whole->failures.count, FAILURES_MAX);
    ck_assert_uint_gt(whole->failures.unlisted, 0);
    tally_clear(whole);
    ck_assert_uint_eq(count_failures(whole), 0);
}
END_TEST

START_TEST(a_failure_has_the_moments_of_the_first_and_the_last)
{
    const char *refused = text_pool_intern(&pool, "refused");
    const char *closed = text_pool_intern(&pool, "EOF");
    for (uint64_t i = 0; i < 10; i++) {
        struct result result = {.row = (uint16_t)(i % 2),
                                .intended_ns = 1000 + 100 * (i ^ 1),
                                .service_ns = 5,
                                .outcome = OUTCOME_CONNECT,
                                .error = i < 4 ? refused : closed};
        tally_add(parts[i % 3], &result);
    }
    for (int i = 0; i < PARTS; i++) {
        tally_merge(whole, parts[i]);
    }
    ck_assert_uint_eq(whole->failures.count, 4);
    ck_assert_uint_eq(failures_of(whole, 0, refused), 2);
    ck_assert_uint_eq(failures_of(whole, 1, refused), 2);
    ck_assert_uint_eq(failures_of(whole, 0, closed), 3);
    ck_assert_uint_eq(failures_of(whole, 1, closed), 3);
    for (size_t i = 0; i < whole->failures.count; i++) {
        const struct failure *failure = &whole->failures.list[i];
        uint64_t first = (failure->text == refused ? 1000 : 1400) + (failure->row == 0 ? 100 : 0);
        uint64_t last = (failure->text == refused ? 1200 : 1800) + (failure->row == 0 ? 100 : 0);
        ck_assert_uint_eq(failure->first_ns, first + 5);
        ck_assert_uint_eq(failure->last_ns, last + 5);
    }
}
END_TEST

/* It has no status, no address, and nothing that belongs to sending. */
START_TEST(a_result_that_a_script_fired_is_neither_answered_nor_failed)
{
    struct result good = {
        .service_ns = 4000, .bytes_in = 5, .is_fired = true, .judgement = JUDGEMENT_SUCCESS};
    struct result bad = {.service_ns = 8000,
                         .is_fired = true,
                         .judgement = JUDGEMENT_FAILURE,
                         .error = text_pool_intern(&pool, "no echo")};
    struct tally *tally = tally_create(true, true);
    tally_add(tally, &good);
    tally_add(tally, &bad);
    static const struct counters expected = {.ended = 2, .fired = 2, .accepted = 1};
    ck_assert_mem_eq(&tally->counters, &expected, sizeof expected);
    ck_assert_uint_eq(tally_successes(tally), 1);
    ck_assert_uint_eq(tally->codes[0], 0);
    ck_assert_uint_eq(tally->latency.max_ns, 8000);
    ck_assert_uint_eq(tally->response.count, 2);
    ck_assert_uint_eq(tally->service.count, 2);
    ck_assert_uint_eq(tally->connect.count + tally->wait.count + tally->lag.count, 0);
    ck_assert_uint_eq(tally->unanswered.count, 0);
    ck_assert_uint_eq(tally->rows[0].ended, 2);
    ck_assert_uint_eq(tally->rows[0].successes, 1);
    ck_assert_uint_eq(tally->addresses[0].ended, 0);
    ck_assert_uint_eq(tally->kinds[OUTCOME_ANSWERED].count, 1);
    ck_assert_str_eq(tally->kinds[OUTCOME_ANSWERED].example, "no echo");
    tally_destroy(tally);
}
END_TEST

/* Its latency may be longer than the run has lasted. */
START_TEST(a_fired_result_ends_when_it_is_fired)
{
    const char *text = text_pool_intern(&pool, "no echo");
    struct result result = {.intended_ns = 100,
                            .first_byte_ns = 50,
                            .service_ns = 8000,
                            .is_fired = true,
                            .judgement = JUDGEMENT_FAILURE,
                            .error = text};
    struct tally *tally = tally_create(true, false);
    tally_add(tally, &result);
    ck_assert_uint_eq(tally->latency.max_ns, 8000);
    ck_assert_uint_eq(tally->last_intended_ns, 100);
    ck_assert_uint_eq(tally->end_ns, 150);
    ck_assert_uint_eq(tally->failures.list[0].last_ns, 150);
    tally_destroy(tally);
}
END_TEST

START_TEST(a_lag_of_exactly_the_limit_is_not_late)
{
    struct result result = {.lag_ns = RESULT_LATE_NS};
    tally_add(whole, &result);
    ck_assert_uint_eq(whole->counters.late, 0);
}
END_TEST

START_TEST(success_is_from_200_up_to_but_not_400)
{
    static const uint16_t codes[] = {0, 100, 199, 200, 204, 301, 399, 400, 404, 500, 999};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct result result = {.code = codes[i]};
        tally_add(whole, &result);
        ck_assert_uint_eq(whole->codes[codes[i]], 1);
    }
    ck_assert_uint_eq(tally_successes(whole), 4);
}
END_TEST

START_TEST(a_cleared_one_is_as_good_as_new)
{
    for (int i = 0; i < 1000; i++) {
        struct result result = random_result();
        tally_add(whole, &result);
    }
    tally_clear(whole);
    expect_equal(whole, parts[0]);
    ck_assert_uint_eq(whole->first_intended_ns, UINT64_MAX);
    ck_assert_uint_eq(whole->error_count, 0);
}
END_TEST

Suite *tally_suite(void);
Suite *tally_suite(void)
{
    Suite *suite = suite_create("tally");
    TCase *tests = tcase_create("tally");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, merging_the_parts_is_the_same_as_counting_all_in_one);
    tcase_add_test(tests, the_counters_balance);
    tcase_add_test(tests, one_result_is_counted_where_it_belongs);
    tcase_add_test(tests, failures_are_counted_by_row_and_error);
    tcase_add_test(tests, a_failure_has_the_moments_of_the_first_and_the_last);
    tcase_add_test(tests, a_result_that_a_script_fired_is_neither_answered_nor_failed);
    tcase_add_test(tests, a_fired_result_ends_when_it_is_fired);
    tcase_add_test(tests, a_lag_of_exactly_the_limit_is_not_late);
    tcase_add_test(tests, success_is_from_200_up_to_but_not_400);
    tcase_add_test(tests, a_cleared_one_is_as_good_as_new);
    suite_add_tcase(suite, tests);
    return suite;
}
