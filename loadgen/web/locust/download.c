#include "loadgen/web/locust/download.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/report/locust/csv.h"
#include "loadgen/report/locust/errors.h"

/* A file in memory. */
struct file {
    char *text;
    size_t length;
    FILE *out;
};

static FILE *open_file(struct file *file)
{
    file->out = memory_of(open_memstream(&file->text, &file->length));
    return file->out;
}

static void close_file(struct file *file, struct bytes *into)
{
    memory_of(fclose(file->out) == 0 ? file->text : NULL);
    bytes_add(into, file->text, file->length);
    free(file->text);
}

void download_requests(struct board *board, struct bytes *out)
{
    struct file file;
    pthread_mutex_lock(&board->lock);
    locust_csv_stats(stats_show(&board->stats), open_file(&file));
    pthread_mutex_unlock(&board->lock);
    close_file(&file, out);
}

void download_distribution(struct board *board, struct bytes *out)
{
    struct file file;
    pthread_mutex_lock(&board->lock);
    locust_csv_distribution(stats_show(&board->stats), open_file(&file));
    pthread_mutex_unlock(&board->lock);
    close_file(&file, out);
}

void download_failures(struct board *board, struct bytes *out)
{
    struct file file;
    struct locust_errors errors;
    pthread_mutex_lock(&board->lock);
    locust_errors_take(&errors, stats_show(&board->stats), board->stats.total);
    locust_csv_failures(&errors, board->wall_origin_ns, open_file(&file));
    pthread_mutex_unlock(&board->lock);
    close_file(&file, out);
}

void download_exceptions(struct board *board, struct bytes *out)
{
    struct file file;
    struct exceptions exceptions;
    pthread_mutex_lock(&board->lock);
    json_t *list = board_exceptions(board);
    pthread_mutex_unlock(&board->lock);
    size_t i = 0;
    const json_t *one = NULL;
    exceptions_init(&exceptions);
    json_array_foreach(list, i, one)
    {
        exceptions_count_json(&exceptions, one);
    }
    locust_csv_exceptions(&exceptions, open_file(&file));
    close_file(&file, out);
    exceptions_fini(&exceptions);
    json_decref(list);
}

/* Adds a point to the sum of the points before it. */
static void add_point(struct locust_row *row, struct histogram *times,
                      const struct history_point *point)
{
    history_add_latency(point, times);
    row->requests += point->ended;
    row->failures += point->failures;
    row->bytes += point->bytes_in;
    row->timed = times->count;
    row->sum_ns = times->sum_ns;
    row->min_ns = times->count > 0 ? times->min_ns : 0;
    row->max_ns = times->max_ns;
    row->percentiles_ns[LOCUST_MEDIAN] = histogram_percentile(times, 500000);
}

static void write_point(const struct history_point *point, uint64_t start_s,
                        const struct locust_row *so_far, struct histogram *times, FILE *out)
{
    uint64_t percentiles_ns[LOCUST_PERCENTILES_ALL];
    uint64_t unix_s = start_s + point->first + point->seconds;
    histogram_clear(times);
    history_add_latency(point, times);
    locust_stats_percentiles(times, percentiles_ns);
    const struct locust_rates rates = {
        .requests = (double)point->ended / (double)point->seconds,
        .failures = (double)point->failures / (double)point->seconds,
    };
    locust_csv_history_row(so_far, rates, percentiles_ns, unix_s, point->users, out);
}

/* The run must not wait for the lock while all histograms are decoded. */
static uint64_t take_history(struct board *board, struct history_points *points)
{
    pthread_mutex_lock(&board->lock);
    history_copy(&board->history, points);
    uint64_t start_s = board->wall_start_ns / NS_PER_S;
    pthread_mutex_unlock(&board->lock);
    return start_s;
}

void download_history(struct board *board, struct bytes *out)
{
    struct file file;
    struct history_points points;
    struct locust_row so_far = {.method = "", .name = "Aggregated"};
    struct histogram all = {0};
    struct histogram times = {0};
    uint64_t start_s = take_history(board, &points);
    histogram_clear(&all);
    histogram_clear(&times);
    locust_csv_history_header(open_file(&file));
    for (size_t i = 0; i < points.count; i++) {
        add_point(&so_far, &all, &points.list[i]);
        write_point(&points.list[i], start_s, &so_far, &times, file.out);
    }
    close_file(&file, out);
    histogram_fini(&all);
    histogram_fini(&times);
    history_points_free(&points);
}
