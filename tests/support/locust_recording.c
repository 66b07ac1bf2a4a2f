#include "tests/support/locust_recording.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/report/locust/csv.h"

#define FOLDER "tests/contract/locust/fixed/"

/* A request: [seconds, method, name, ms or null, bytes, error]. */
static const char *text_of(const json_t *request, size_t i)
{
    return json_string_value(json_array_get(request, i));
}

static double number_of(const json_t *request, size_t i)
{
    return json_number_value(json_array_get(request, i));
}

static bool is_timed(const json_t *request)
{
    return json_is_number(json_array_get(request, 3));
}

/* Two classes take turns. */
static uint16_t row_of(struct locust_recording *recording, const json_t *request, size_t index)
{
    char name[256];
    snprintf(name, sizeof name, "%s %s %s", index % 2 ? "Reader" : "Writer", text_of(request, 1),
             text_of(request, 2));
    return rows_add(&recording->rows, name);
}

static void count(struct locust_recording *recording, const json_t *request, uint16_t row)
{
    const char *error = text_of(request, 5);
    uint64_t end_ns = LOCUST_RECORDING_START_NS + (uint64_t)llround(number_of(request, 0) * 1e9);
    uint64_t service_ns = (uint64_t)llround(number_of(request, 3) * 1e6);
    const struct result result = {
        .intended_ns = end_ns - service_ns,
        .service_ns = service_ns,
        .row = row,
        .code = 200,
        .bytes_in = (uint64_t)number_of(request, 4),
        .judgement = error ? JUDGEMENT_FAILURE : JUDGEMENT_NONE,
        .error = error ? text_pool_intern(&recording->texts, error) : NULL,
    };
    tally_add(recording->window, &result);
}

/* Results of ours always have a time. */
static void count_untimed(struct tally *window, const json_t *request, uint16_t row)
{
    struct tally_row *counted = tally_use_row(window->rows, row);
    counted->ended++;
    counted->successes++;
    counted->bytes_in += (uint64_t)number_of(request, 4);
    window->counters.ended++;
    window->codes[200]++;
    window->bytes_in += (uint64_t)number_of(request, 4);
}

/* The second is over. */
static void add_second(struct locust_recording *recording, uint64_t second)
{
    tally_merge(recording->total, recording->window);
    locust_recent_add(recording->recent, recording->window, recording->total, second * NS_PER_S);
    tally_clear(recording->window);
    locust_stats_take(recording->stats, recording->total, &recording->rows,
                      LOCUST_RECORDING_START_NS);
    locust_csv_history(recording->stats, recording->recent, LOCUST_RECORDING_UNIX_START + second, 0,
                       recording->history.out);
}

void locust_recording_feed(struct locust_recording *recording, bool keeps_times)
{
    const json_t *requests = json_object_get(recording->input, "requests");
    uint64_t second = 0;
    recording->recent = locust_recent_create(keeps_times);
    locust_csv_history_header(printed_open(&recording->history));
    for (size_t i = 0; i < json_array_size(requests); i++) {
        const json_t *request = json_array_get(requests, i);
        while (number_of(request, 0) >= (double)(second + 1)) {
            add_second(recording, ++second);
        }
        uint16_t row = row_of(recording, request, i);
        if (is_timed(request)) {
            count(recording, request, row);
        } else {
            count_untimed(recording->window, request, row);
        }
    }
    while (second < LOCUST_RECORDING_SECONDS) {
        add_second(recording, ++second);
    }
    locust_errors_take(recording->errors, recording->stats, recording->total);
    printed_close(&recording->history);
}

struct locust_recording *locust_recording_open(void)
{
    struct locust_recording *recording = calloc(1, sizeof *recording);
    json_error_t error;
    ck_assert_ptr_nonnull(recording);
    recording->input = json_load_file(FOLDER "stats-input.json", 0, &error);
    ck_assert_msg(recording->input != NULL, "%s", error.text);
    recording->total = tally_create(true, false);
    recording->window = tally_create(true, false);
    recording->stats = locust_stats_create();
    recording->errors = calloc(1, sizeof *recording->errors);
    text_pool_init(&recording->texts);
    return recording;
}

void locust_recording_close(struct locust_recording *recording)
{
    json_decref(recording->input);
    tally_destroy(recording->total);
    tally_destroy(recording->window);
    rows_free(&recording->rows);
    text_pool_fini(&recording->texts);
    locust_stats_destroy(recording->stats);
    locust_recent_destroy(recording->recent);
    free(recording->errors);
    printed_free(&recording->history);
    free(recording);
}

static bool is_of(const json_t *request, const struct locust_row *row)
{
    const char *method = text_of(request, 1);
    return (size_t)row->method_length == strlen(method) &&
           memcmp(row->method, method, strlen(method)) == 0 &&
           strcmp(row->name, text_of(request, 2)) == 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

size_t locust_recording_times(const struct locust_recording *recording,
                              const struct locust_row *row, double ms[LOCUST_RECORDING_TIMES])
{
    const json_t *requests = json_object_get(recording->input, "requests");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(requests); i++) {
        const json_t *request = json_array_get(requests, i);
        if (is_timed(request) && (row == &recording->stats->total || is_of(request, row))) {
            ms[count++] = number_of(request, 3);
        }
    }
    qsort(ms, count, sizeof *ms, compare);
    return count;
}

char *locust_recording_read(const char *name)
{
    enum { SIZE = 1 << 16 };
    char path[128];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *in = fopen(path, "re");
    ck_assert_msg(in != NULL, "%s cannot be opened", path);
    char *text = calloc(1, SIZE);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_lt(fread(text, 1, SIZE, in), SIZE);
    fclose(in);
    return text;
}
