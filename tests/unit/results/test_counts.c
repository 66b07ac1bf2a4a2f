/* Not under tsan: the reader is one thread, and the writer has tests of its own. */
/* Runs without single results: their files say the same as those with results. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/binary/journal.h"
#include "loadgen/binary/result_codec.h"
#include "loadgen/plot/data.h"
#include "loadgen/report/report.h"
#include "loadgen/results/results.h"
#include "tests/support/printed.h"
#include "tests/support/read_back.h"
#include "tests/support/tallies.h"

#define WALL UINT64_C(1700000000123456789)

enum { SECONDS = 5, PER_SECOND = 400, ALL = SECONDS * PER_SECOND, TARGETS = 3, ADDRESSES = 4 };

/* A run of some seconds, written with its results or with their counts. */
struct run {
    struct result results[ALL];
    struct rows targets;
    struct rows addresses;
    struct text_pool texts;
    struct address_list *list;
    struct summary *summary;
};

static struct run runs[2];
static struct summary *by_results;
static struct summary *by_counts;
static struct tally *window;
static FILE *file;
static struct err err;
static struct random chance;

static void make_run(struct run *run, size_t first_target)
{
    text_pool_init(&run->texts);
    run->summary = summary_create();
    run->list = calloc(1, sizeof *run->list);
    address_list_init(run->list);
    for (size_t i = 0; i < ADDRESSES; i++) {
        char name[ADDRESS_TEXT];
        struct address address;
        snprintf(name, sizeof name, "127.0.0.%zu", first_target + i + 1);
        ck_assert(address_parse(name, 80, &address));
        address_list_add(run->list, &address);
        rows_add(&run->addresses, address_print(&address, name));
    }
    for (size_t i = 0; i < TARGETS; i++) {
        char name[32];
        snprintf(name, sizeof name, "target %zu", first_target + i);
        rows_add(&run->targets, name);
    }
    for (size_t i = 0; i < ALL; i++) {
        struct result *result = &run->results[i];
        *result = tallies_random_result(&chance, &run->texts);
        result->number = i;
        result->intended_ns = i * NS_PER_S / PER_SECOND;
        result->target = (uint32_t)(i % TARGETS);
        result->row = (uint8_t)result->target;
        result->address = i % 7 ? (uint32_t)(i % ADDRESSES) : ADDRESS_NONE;
        result->address_row = (uint16_t)(i % 7 ? i % ADDRESSES : ROWS_OTHER);
        result->is_bare = false;
        tally_add(run->summary->tally, result);
    }
    run->summary->intended = ALL + 5;
    run->summary->started = ALL;
    run->summary->not_started = 5;
    run->summary->rows_not_started[0] = 5;
    run->summary->generator = (struct generator){.threads = 2, .cpu_limit = 2, .wall_seconds = 5};
}

static void setup(void)
{
    chance = random_seeded(3);
    window = tally_create(true, true);
    by_results = summary_create();
    by_counts = summary_create();
    make_run(&runs[0], 0);
    make_run(&runs[1], 1); /* has names in common with the first, and rows of other numbers */
    file = tmpfile();
}

static void teardown(void)
{
    for (size_t i = 0; i < 2; i++) {
        rows_free(&runs[i].targets);
        rows_free(&runs[i].addresses);
        text_pool_fini(&runs[i].texts);
        summary_destroy(runs[i].summary);
        address_list_fini(runs[i].list);
        free(runs[i].list);
    }
    tally_destroy(window);
    summary_destroy(by_results);
    summary_destroy(by_counts);
    fclose(file);
}

static void write_results(struct result_writer *writer, const struct run *run, size_t first)
{
    struct result_encoder encoder;
    uint64_t blocked_ns = 0;
    result_encoder_begin(&encoder, result_writer_take(writer, &blocked_ns));
    for (size_t i = first; i < first + PER_SECOND; i++) {
        result_encoder_add(&encoder, &run->results[i]);
    }
    result_writer_put(writer, encoder.block);
}

static void write_counts(struct result_writer *writer, const struct run *run, size_t first)
{
    struct second second = {
        .start_ns = 10 * NS_PER_MS,
        .elapsed_ns = (first / PER_SECOND + 1) * NS_PER_S,
        .started = first + PER_SECOND,
        .tally = window,
        .total = window,
        .rows = &run->targets,
        .generator = &run->summary->generator,
    };
    tally_clear(window);
    for (size_t i = first; i < first + PER_SECOND; i++) {
        tally_add(window, &run->results[i]);
    }
    journal_write_counts(writer, &second, &run->addresses);
}

static void write_run(struct run *run, bool counts_only)
{
    struct target list[TARGETS];
    char url[] = "http://a/";
    for (size_t i = 0; i < TARGETS; i++) {
        list[i] = (struct target){
            .name = rows_name(&run->targets, i), .method = "GET", .url = url, .row = (uint16_t)i};
    }
    struct targets targets = {.list = list, .count = TARGETS};
    struct journal_names names;
    struct result_writer *writer = result_writer_create(fileno(file), "it", 8, &err);
    json_t *plan = json_pack("{s:b, s:{s:i, s:i}, s:{s:f}}", "results", !counts_only, "rate",
                             "count", PER_SECOND, "per", (int)NS_PER_S, "schedule",
                             "mean_per_second", (double)PER_SECOND);
    journal_write_header(writer, plan, NULL, WALL, 1000);
    journal_write_targets(writer, &targets, 0);
    journal_begin_names(&names, writer, NULL, run->list);
    for (size_t i = 0; i < SECONDS; i++) {
        (counts_only ? write_counts : write_results)(writer, run, i * PER_SECOND);
    }
    journal_write_end(writer, run->summary, &targets);
    ck_assert(result_writer_close(writer, &err));
    json_decref(plan);
}

static void read_file(struct summary *summary)
{
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    ck_assert_msg(read_back_fd(fileno(file), "it", summary, &err), "%s", err.text);
    ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    ck_assert_msg(summary->damaged == 0, "%s", summary->loss);
}

static const struct report *const kinds[] = {&report_text, &report_json, &report_hdrplot,
                                             &report_hdr_log};

START_TEST(reports_are_the_same_with_results_and_without)
{
    size_t count = (size_t)_i + 1;
    for (size_t i = 0; i < count; i++) {
        write_run(&runs[i], false);
    }
    read_file(by_results);
    for (size_t i = 0; i < count; i++) {
        write_run(&runs[i], true);
    }
    read_file(by_counts);
    ck_assert(by_counts->lacks_results && !by_results->lacks_results);
    ck_assert_uint_eq(by_counts->tally->counters.ended, count * ALL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *expected = printed_report(kinds[i], by_results);
        char *got = printed_report(kinds[i], by_counts);
        ck_assert_str_eq(got, expected);
        free(expected);
        free(got);
    }
}
END_TEST

START_TEST(a_run_with_results_and_one_without_are_added)
{
    write_run(&runs[0], false);
    write_run(&runs[1], false);
    read_file(by_results);
    write_run(&runs[0], true);
    write_run(&runs[1], false);
    read_file(by_counts);
    ck_assert(tallies_are_equal(by_results->tally, by_counts->tally) ||
              by_results->tally->error_count > 250); /* texts are those of another pool */
    ck_assert_uint_eq(by_counts->rows.count, TARGETS + 1);
    ck_assert_uint_eq(by_counts->addresses.count, ADDRESSES + 1);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        const struct tally_row *row = &by_counts->tally->rows[i];
        ck_assert_uint_eq(row->ended, by_results->tally->rows[i].ended);
        ck_assert(histograms_are_equal(&row->latency, &by_results->tally->rows[i].latency));
        ck_assert(histograms_are_equal(&row->service, &by_results->tally->rows[i].service));
    }
}
END_TEST

/* The number of results is known from the end of the run. */
START_TEST(counts_that_are_missing_are_noticed)
{
    uint8_t type = 0;
    size_t length = 0;
    write_run(&runs[0], true);
    for (off_t at = 0; type != 'C'; at += (off_t)length) {
        uint8_t prefix[BLOCK_PREFIX];
        ck_assert_int_eq(pread(fileno(file), prefix, sizeof prefix, at), sizeof prefix);
        type = prefix[4];
        length = BLOCK_PREFIX + (prefix[8] | (size_t)prefix[9] << 8);
        if (type == 'C') {
            prefix[4] = 'X'; /* the checksum is wrong now, too */
            ck_assert_int_eq(pwrite(fileno(file), prefix, sizeof prefix, at), sizeof prefix);
        }
    }
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    ck_assert(read_back_fd(fileno(file), "it", by_counts, &err));
    ck_assert_uint_eq(by_counts->damaged, 1);
    ck_assert_uint_lt(by_counts->tally->counters.ended, ALL);
}
END_TEST

struct seen {
    size_t seconds;
    uint64_t ended;
    uint64_t started;
    uint64_t last_ns;
};

static void see_second(void *context, const struct results_second *second)
{
    struct seen *seen = context;
    ck_assert_uint_eq(second->start_ns, WALL + 10 * NS_PER_MS);
    ck_assert_uint_eq(second->from_ns, seen->seconds ? seen->last_ns : second->start_ns);
    ck_assert_uint_eq(second->to_ns - second->from_ns, NS_PER_S);
    ck_assert_uint_eq(second->tally->counters.ended, PER_SECOND);
    ck_assert_uint_eq(second->tally->rows[0].ended, second->tally->rows[0].latency.count);
    seen->seconds++;
    seen->ended += second->tally->counters.ended;
    seen->started += second->started;
    seen->last_ns = second->to_ns;
}

START_TEST(each_second_is_passed_on)
{
    struct seen seen = {0};
    struct record record;
    const struct results_watch watch = {see_second, &seen};
    write_run(&runs[0], true);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    struct results *results = results_open_fd(fileno(file), "it", false, by_counts, &err);
    results_watch_seconds(results, &watch);
    ck_assert_int_eq(results_next(results, UINT64_MAX, &record, &err), RESULTS_END);
    results_close(results);
    ck_assert_uint_eq(seen.seconds, SECONDS);
    ck_assert_uint_eq(seen.ended, ALL);
    ck_assert_uint_eq(seen.started, ALL);
    ck_assert_uint_eq(by_counts->tally->counters.ended, ALL);
    ck_assert_uint_eq(by_counts->damaged, 0);
}
END_TEST

static void plot_second(void *context, const struct results_second *second)
{
    const struct timeline_second of_plot = {second->start_ns, second->from_ns, second->to_ns,
                                            second->started, second->tally};
    timeline_add_second(context, &of_plot);
}

/* What loadgen plot makes of the file. */
static json_t *plot_file(struct summary *summary)
{
    struct record record;
    struct timeline *timeline = timeline_create(100, 400);
    const struct results_watch watch = {plot_second, timeline};
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    struct results *results = results_open_fd(fileno(file), "it", false, summary, &err);
    results_watch_seconds(results, &watch);
    while (results_next(results, UINT64_MAX, &record, &err) == RESULTS_RECORD) {
        tally_add(summary->tally, &record.result);
        timeline_add(timeline, &record.result);
    }
    results_close(results);
    json_t *data = plot_data(timeline, summary);
    ck_assert_ptr_nonnull(data);
    timeline_destroy(timeline);
    ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    return data;
}

/* Intervals are others, so what is in them is left out. */
static void forget_intervals(json_t *data)
{
    static const char *const keys[] = {"width", "length", "rates", "in_flight"};
    static const char *const lists[][2] = {{"series", "cells"}, {"failures", "marks"}};
    size_t i = 0;
    json_t *item = NULL;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        ck_assert_int_eq(json_object_del(data, keys[k]), 0);
    }
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        json_array_foreach(json_object_get(data, lists[k][0]), i, item)
        {
            ck_assert_int_eq(json_object_del(item, lists[k][1]), 0);
        }
    }
}

START_TEST(plots_have_the_same_totals_with_results_and_without)
{
    write_run(&runs[0], false);
    write_run(&runs[1], false);
    json_t *expected = plot_file(by_results);
    write_run(&runs[0], true);
    write_run(&runs[1], true);
    json_t *got = plot_file(by_counts);
    ck_assert_int_eq(json_integer_value(json_object_get(got, "requests")), INT64_C(2) * ALL);
    forget_intervals(expected);
    forget_intervals(got);
    for (const char *const *key =
             (const char *const[]){"requests", "points", "series", "failures", "percentiles", NULL};
         *key; key++) {
        json_t *seen = json_object_get(got, *key);
        ck_assert_msg(seen && json_equal(seen, json_object_get(expected, *key)), "%s", *key);
    }
    ck_assert_uint_eq(json_object_size(got), 5);
    json_decref(expected);
    json_decref(got);
}
END_TEST

Suite *counts_suite(void);
Suite *counts_suite(void)
{
    Suite *suite = suite_create("counts");
    TCase *tests = tcase_create("counts");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, reports_are_the_same_with_results_and_without, 0, 2);
    tcase_add_test(tests, a_run_with_results_and_one_without_are_added);
    tcase_add_test(tests, counts_that_are_missing_are_noticed);
    tcase_add_test(tests, each_second_is_passed_on);
    tcase_add_test(tests, plots_have_the_same_totals_with_results_and_without);
    suite_add_tcase(suite, tests);
    return suite;
}
