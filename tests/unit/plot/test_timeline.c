/* Not under tsan: one thread. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/plot/rates.h"
#include "loadgen/plot/timeline.h"
#include "tests/support/random.h"

enum { CAPACITY = 64, THRESHOLD = 100, MANY = 20000 };

static struct timeline *timeline;
static struct result *results;
static struct random chance;

static void setup(void)
{
    timeline = timeline_create(CAPACITY, THRESHOLD);
    results = calloc(MANY, sizeof *results);
    chance = random_seeded(1);
}

static void teardown(void)
{
    timeline_destroy(timeline);
    free(results);
}

static void add(uint64_t intended_ns, uint64_t latency_ns)
{
    timeline_add(timeline, &(struct result){
                               .intended_ns = intended_ns, .service_ns = latency_ns, .code = 200});
}

/* Of 3 targets, 8 s at 2,500/s, from half a second after some hour on; a few of them fail. */
static void make_results(void)
{
    for (size_t i = 0; i < MANY; i++) {
        bool is_failure = random_below(&chance, 50) == 0;
        results[i] = (struct result){
            .intended_ns = 3600 * NS_PER_S + NS_PER_S / 2 + i * 400000,
            .lag_ns = random_below(&chance, 100000),
            .wait_ns = random_below(&chance, 10) == 0 ? random_below(&chance, NS_PER_S) : 0,
            .connect_ns = random_below(&chance, 1000),
            .service_ns = 1000 + random_below(&chance, 1000) * random_below(&chance, 100000),
            .row = (uint8_t)random_below(&chance, 3),
            .code = is_failure ? 0 : 200,
            .outcome = is_failure ? OUTCOME_RESET : OUTCOME_ANSWERED,
        };
    }
}

static void shuffle(void)
{
    for (size_t i = MANY - 1; i > 0; i--) {
        size_t j = (size_t)random_below(&chance, i + 1);
        struct result other = results[i];
        results[i] = results[j];
        results[j] = other;
    }
}

static void add_all(void)
{
    for (size_t i = 0; i < MANY; i++) {
        timeline_add(timeline, &results[i]);
    }
}

/* Which interval of those in use, or the length when it is none. */
static size_t interval_of(uint64_t moment_ns)
{
    uint64_t i = moment_ns / timeline->width_ns;
    return i >= timeline->first && i <= timeline->last ? (size_t)(i - timeline->first)
                                                       : timeline_length(timeline);
}

/* Early and late, and in the first and in the second of two intervals that become one. */
static const uint64_t slow_ones[] = {0, 1, 3000, 123456, 641000, 654321, 999999};

START_TEST(one_slow_answer_among_a_million_is_there_and_exact)
{
    uint64_t slow = slow_ones[_i];
    for (uint64_t i = 0; i < 1000000; i++) {
        add(i * 10000, i == slow ? 2 * NS_PER_S + 1 : NS_PER_MS);
    }
    size_t spikes = 0;
    ck_assert_uint_le(timeline_length(timeline), CAPACITY);
    for (size_t i = 0; i < timeline_length(timeline); i++) {
        const struct timeline_cell *cell = timeline_cell(timeline, 0, i);
        if (cell->max_ns > NS_PER_MS) {
            ck_assert_uint_eq(cell->max_ns, 2 * NS_PER_S + 1);
            ck_assert_uint_eq(cell->max_at_ns, slow * 10000);
            ck_assert_uint_eq(i, interval_of(slow * 10000));
            spikes++;
        }
    }
    ck_assert_uint_eq(spikes, 1);
}
END_TEST

START_TEST(each_interval_has_the_extremes_and_counts_of_its_results)
{
    make_results();
    shuffle();
    add_all();
    size_t length = timeline_length(timeline);
    ck_assert_uint_le(length, CAPACITY);
    ck_assert_uint_gt(length, CAPACITY / 2);
    for (size_t series = 0; series < 3; series++) {
        for (size_t i = 0; i < length; i++) {
            uint64_t n = 0;
            uint64_t least = UINT64_MAX;
            uint64_t most = 0;
            for (size_t k = 0; k < MANY; k++) {
                if (results[k].row == series && interval_of(results[k].intended_ns) == i) {
                    uint64_t latency = result_latency_ns(&results[k]);
                    n++;
                    least = latency < least ? latency : least;
                    most = latency > most ? latency : most;
                }
            }
            const struct timeline_cell *cell = timeline_cell(timeline, series, i);
            ck_assert_uint_eq(cell->count, n);
            ck_assert_uint_eq(cell->max_ns, most);
            ck_assert_uint_eq(cell->min_ns, n ? least : 0);
        }
    }
    ck_assert_ptr_null(timeline_cell(timeline, 3, 0));
}
END_TEST

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(percentiles_count_every_result_and_are_off_by_a_bucket_at_most)
{
    static const uint32_t ranks[] = {1, 500000, 900000, 990000, 999900, 1000000};
    uint64_t *values = calloc(MANY, sizeof *values);
    for (size_t i = 0; i < MANY; i++) {
        values[i] = UINT64_C(1) << random_below(&chance, 40);
        values[i] += random_below(&chance, values[i]);
        add(0, values[i]);
    }
    /* All were intended at once; the last one was done hours later. */
    qsort(values, MANY, sizeof *values, compare);
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        uint64_t rank = (UINT64_C(1) * MANY * ranks[i] + 999999) / 1000000;
        double exact = (double)values[rank - 1];
        double got = (double)timeline_percentile(timeline_cell(timeline, 0, 0), ranks[i]);
        ck_assert_double_eq_tol(got, exact, fmax(0.032 * exact, 32));
    }
    free(values);
}
END_TEST

START_TEST(failures_are_counted_by_kind_where_they_were_intended)
{
    make_results();
    shuffle();
    add_all();
    uint64_t counted = 0;
    uint64_t expected = 0;
    uint64_t most = 0;
    for (size_t k = 0; k < MANY; k++) {
        expected += results[k].code == 0;
    }
    for (size_t i = 0; i < timeline_length(timeline); i++) {
        const struct timeline_failures *failures = timeline_flow(timeline, i)->failures;
        counted += failures[OUTCOME_RESET].count;
        most = failures[OUTCOME_RESET].max_ns > most ? failures[OUTCOME_RESET].max_ns : most;
        ck_assert_uint_eq(failures[OUTCOME_ANSWERED].count, 0);
    }
    ck_assert_uint_eq(counted, expected);
    ck_assert_uint_eq(timeline->failures[OUTCOME_RESET], expected);
    for (size_t k = 0; k < MANY; k++) {
        ck_assert(results[k].code != 0 || result_latency_ns(&results[k]) <= most);
    }
    timeline_add(timeline, &(struct result){.intended_ns = 3600 * NS_PER_S, .code = 404});
    timeline_add(timeline, &(struct result){.intended_ns = 3600 * NS_PER_S, .code = 399});
    ck_assert_uint_eq(timeline->failures[OUTCOME_ANSWERED], 1);
}
END_TEST

/* How long [from, to) and [begin, end) are the same time. */
static double overlap(uint64_t from, uint64_t to, uint64_t begin, uint64_t end)
{
    uint64_t a = from > begin ? from : begin;
    uint64_t b = to < end ? to : end;
    return b > a ? (double)(b - a) : 0;
}

START_TEST(in_flight_is_the_exact_mean_of_each_span)
{
    struct level_span spans[CAPACITY];
    make_results();
    if (_i > 0) {
        shuffle();
    }
    add_all();
    size_t count = rates_levels(timeline, spans);
    ck_assert_uint_eq(spans[count - 1].end, timeline_length(timeline));
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = (timeline->first + spans[i].begin) * timeline->width_ns;
        uint64_t end = (timeline->first + spans[i].end) * timeline->width_ns;
        double held = 0;
        begin = begin > timeline->first_started_ns ? begin : timeline->first_started_ns;
        end = end < timeline->end_ns ? end : timeline->end_ns;
        for (size_t k = 0; k < MANY; k++) {
            const struct result *r = &results[k];
            uint64_t started = r->intended_ns + r->lag_ns + r->wait_ns;
            held += overlap(started, started + r->connect_ns + r->service_ns, begin, end);
        }
        ck_assert_double_eq_tol(spans[i].in_flight, held / (double)(end - begin), 1e-6);
    }
}
END_TEST

START_TEST(moments_of_any_size_and_order_find_room)
{
    add(UINT64_MAX, UINT64_MAX);
    add(0, 1);
    add(UINT64_MAX / 2, 0);
    add(1, UINT64_MAX);
    ck_assert_uint_le(timeline_length(timeline), CAPACITY);
    ck_assert_uint_eq(timeline->count, 4);
    uint64_t counted = 0;
    for (size_t i = 0; i < timeline_length(timeline); i++) {
        counted += timeline_cell(timeline, 0, i)->count;
    }
    ck_assert_uint_eq(counted, 4);
    struct rate_span rates[CAPACITY];
    struct level_span levels[CAPACITY];
    ck_assert_uint_gt(rates_of(timeline, rates), 0);
    ck_assert_uint_gt(rates_levels(timeline, levels), 0);
}
END_TEST

START_TEST(a_fired_result_ends_when_it_is_fired_and_is_never_in_flight)
{
    struct result result = {
        .service_ns = 3600 * NS_PER_S, .first_byte_ns = NS_PER_MS, .is_fired = true};
    result.judgement = JUDGEMENT_SUCCESS;
    timeline_add(timeline, &result);
    ck_assert(fabs(timeline->flows[0].held) < 1e-9);
    ck_assert_uint_eq(timeline->end_ns, NS_PER_MS);
    ck_assert_uint_eq(timeline->points[0].latency_ns, 3600 * NS_PER_S);
}
END_TEST

START_TEST(rows_beyond_the_series_share_the_last_one)
{
    for (unsigned row = 0; row < 65; row++) {
        timeline_add(timeline, &(struct result){.row = (uint8_t)row, .code = 200});
    }
    ck_assert_uint_eq(timeline->counts[TIMELINE_SERIES - 2], 1);
    ck_assert_uint_eq(timeline->counts[TIMELINE_SERIES - 1], 65 - (TIMELINE_SERIES - 1));
}
END_TEST

START_TEST(results_are_kept_by_themselves_up_to_the_threshold)
{
    for (size_t i = 0; i < THRESHOLD + 10; i++) {
        add(i * NS_PER_S, i);
        if (i < THRESHOLD) {
            ck_assert_uint_eq(timeline->points[i].intended_ns, i * NS_PER_S);
            ck_assert_uint_eq(timeline->points[i].latency_ns, i);
        }
    }
    ck_assert_uint_eq(timeline->count, THRESHOLD + 10);
}
END_TEST

/* Rates. */

static const double steady[] = {5, 50, 1000, 33333};

START_TEST(a_steady_rate_is_level_from_end_to_end)
{
    struct rate_span spans[CAPACITY];
    double rate = steady[_i];
    size_t n = (size_t)fmin(10 * rate, 200000);
    for (size_t i = 0; i < n; i++) {
        add(12345678901 + (uint64_t)((double)i * 1e9 / rate), 1);
    }
    size_t count = rates_of(timeline, spans);
    ck_assert_uint_gt(count, 2);
    ck_assert_uint_eq(spans[0].begin, 0);
    ck_assert_uint_eq(spans[count - 1].end, timeline_length(timeline));
    /* By how much one request more or less changes the rate of a span. */
    double one =
        (double)NS_PER_S / (double)((spans[1].end - spans[1].begin) * timeline->width_ns) * 2.01;
    for (size_t i = 0; i < count; i++) {
        ck_assert_double_eq_tol(spans[i].sent, rate, one);
        ck_assert_double_eq_tol(spans[i].succeeded, rate, one);
        ck_assert_double_eq(spans[i].failed, 0);
    }
}
END_TEST

START_TEST(answers_that_come_after_the_last_request_have_spans_of_their_own)
{
    struct rate_span spans[CAPACITY];
    for (uint64_t i = 0; i < 2000; i++) { /* for 2 s, each answered 4 s later */
        add(i * NS_PER_MS, 4 * NS_PER_S);
    }
    size_t count = rates_of(timeline, spans);
    double width_s = (double)timeline->width_ns / (double)NS_PER_S;
    for (size_t i = 0; i < count; i++) {
        bool is_early = (double)spans[i].end * width_s <= 2.0;
        bool is_late = (double)spans[i].begin * width_s >= 4.0;
        ck_assert(is_early ? spans[i].sent > 900 && spans[i].succeeded == 0
                           : !is_late || (spans[i].sent == 0 && spans[i].succeeded > 900));
    }
}
END_TEST

START_TEST(few_results_or_none_are_no_rate_but_a_list)
{
    struct rate_span spans[CAPACITY];
    struct level_span levels[CAPACITY];
    ck_assert_uint_eq(rates_of(timeline, spans), 0);
    ck_assert_uint_eq(rates_levels(timeline, levels), 0);
    ck_assert_uint_eq(timeline_length(timeline), 0);
    add(5, 0);
    ck_assert_uint_eq(rates_of(timeline, spans), 1);
    ck_assert_double_eq(spans[0].sent, 0); /* there is no time between one */
    ck_assert_uint_eq(rates_levels(timeline, levels), 1);
    ck_assert_double_eq(levels[0].in_flight, 0);
    add(4 * NS_PER_MS + 5, 0); /* two requests have one gap between them */
    ck_assert_uint_eq(rates_of(timeline, spans), 1);
    ck_assert_double_eq(spans[0].sent, 250);
    ck_assert_double_eq(spans[0].succeeded, 500);
}
END_TEST

/* When a request of make_results ended, in seconds since the run began. */
static size_t second_of(const struct result *result)
{
    uint64_t done_ns = result->intended_ns + result_latency_ns(result);
    return (done_ns - results[0].intended_ns) / NS_PER_S;
}

static void add_second(struct tally *tally, size_t second, uint64_t start_ns)
{
    uint64_t started = 0;
    tally_clear(tally);
    for (size_t i = 0; i < MANY; i++) {
        const struct result *r = &results[i];
        started += (r->intended_ns + r->lag_ns + r->wait_ns - start_ns) / NS_PER_S == second;
        if (second_of(r) == second) {
            tally_add(tally, r);
        }
    }
    timeline_add_second(timeline, &(struct timeline_second){
                                      .start_ns = start_ns,
                                      .from_ns = start_ns + second * NS_PER_S,
                                      .to_ns = start_ns + (second + 1) * NS_PER_S,
                                      .started = started,
                                      .tally = tally,
                                  });
}

/* The run begins half a second after an hour: its seconds are moved to begin with it. */
START_TEST(a_run_without_results_is_added_by_seconds)
{
    struct tally *tally = tally_create(true, false);
    make_results();
    uint64_t start_ns = results[0].intended_ns;
    size_t seconds = 0;
    for (size_t i = 0; i < MANY; i++) {
        seconds = second_of(&results[i]) >= seconds ? second_of(&results[i]) + 1 : seconds;
    }
    for (size_t second = 0; second < seconds; second++) {
        add_second(tally, second, start_ns);
    }
    ck_assert(!timeline_has_points(timeline));
    ck_assert_uint_eq(timeline->width_ns, NS_PER_S);
    ck_assert_uint_eq(timeline->first, 3600);
    ck_assert_uint_eq(timeline_length(timeline), seconds);
    ck_assert_uint_eq(timeline->count, MANY);
    ck_assert_uint_eq(timeline->counts[0] + timeline->counts[1] + timeline->counts[2], MANY);
    uint64_t in_flight = 0;
    for (size_t i = 0; i < seconds; i++) {
        const struct timeline_flow *flow = timeline_flow(timeline, i);
        uint64_t ended = 0;
        for (size_t k = 0; k < MANY; k++) {
            ended += second_of(&results[k]) == i;
        }
        ck_assert_uint_eq(flow->succeeded + flow->failed, ended);
        ck_assert_uint_eq(flow->failures[OUTCOME_RESET].count, flow->failed);
        in_flight += flow->started - ended;
    }
    ck_assert_uint_eq(in_flight, 0);
    struct rate_span spans[64];
    size_t count = rates_of(timeline, spans);
    ck_assert_uint_gt(count, 0);
    ck_assert_double_eq_tol(spans[0].sent, 2400, 150); /* a tenth waits up to a second */
    ck_assert_uint_eq(timeline_cell(timeline, 0, 1)->max_at_ns, 3601 * NS_PER_S + NS_PER_S / 2);
    tally_destroy(tally);
}
END_TEST

Suite *timeline_suite(void);
Suite *timeline_suite(void)
{
    Suite *suite = suite_create("timeline");
    TCase *tests = tcase_create("timeline");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, one_slow_answer_among_a_million_is_there_and_exact, 0, 7);
    tcase_add_test(tests, each_interval_has_the_extremes_and_counts_of_its_results);
    tcase_add_test(tests, percentiles_count_every_result_and_are_off_by_a_bucket_at_most);
    tcase_add_test(tests, failures_are_counted_by_kind_where_they_were_intended);
    tcase_add_loop_test(tests, in_flight_is_the_exact_mean_of_each_span, 0, 2);
    tcase_add_test(tests, moments_of_any_size_and_order_find_room);
    tcase_add_test(tests, a_fired_result_ends_when_it_is_fired_and_is_never_in_flight);
    tcase_add_test(tests, rows_beyond_the_series_share_the_last_one);
    tcase_add_test(tests, results_are_kept_by_themselves_up_to_the_threshold);
    tcase_add_loop_test(tests, a_steady_rate_is_level_from_end_to_end, 0, 4);
    tcase_add_test(tests, answers_that_come_after_the_last_request_have_spans_of_their_own);
    tcase_add_test(tests, few_results_or_none_are_no_rate_but_a_list);
    tcase_add_test(tests, a_run_without_results_is_added_by_seconds);
    suite_add_tcase(suite, tests);
    return suite;
}
