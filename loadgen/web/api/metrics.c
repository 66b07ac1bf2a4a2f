#include "loadgen/web/api/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/process/file_limit.h"
#include "common/prom.h"
#include "loadgen/report/prometheus.h"
#include "loadgen/web/board/board.h"

void run_metrics_init(struct run_metrics *metrics)
{
    *metrics = (struct run_metrics){0};
    pthread_mutex_init(&metrics->lock, NULL);
}

void run_metrics_fini(struct run_metrics *metrics)
{
    pthread_mutex_destroy(&metrics->lock);
    free(metrics->text);
}

/* The page. */

static void replace(struct run_metrics *metrics, struct prometheus_page *page)
{
    size_t length = 0;
    file_limit_count_open(&page->open_files);
    char *text = prometheus_print(page, &length);
    if (text) {
        pthread_mutex_lock(&metrics->lock);
        char *old = metrics->text;
        metrics->text = text;
        metrics->length = length;
        pthread_mutex_unlock(&metrics->lock);
        free(old);
    }
}

bool run_metrics_second(struct run_metrics *metrics, const struct second *second)
{
    pthread_mutex_lock(&metrics->lock);
    bool is_wanted =
        metrics->asked_ns > 0 && clock_now_ns() - metrics->asked_ns < METRICS_S * NS_PER_S;
    bool is_awaited = metrics->is_awaited;
    metrics->is_stale = !is_wanted;
    metrics->is_awaited = false;
    pthread_mutex_unlock(&metrics->lock);
    if (is_wanted) {
        struct prometheus_page page = prometheus_of_second(second);
        replace(metrics, &page);
    }
    return is_awaited;
}

void run_metrics_end(struct run_metrics *metrics, const struct summary *summary)
{
    if (summary->has_plan) {
        struct prometheus_page page = prometheus_of_summary(summary);
        replace(metrics, &page);
    }
    pthread_mutex_lock(&metrics->lock);
    metrics->is_stale = false;
    metrics->is_awaited = false;
    pthread_mutex_unlock(&metrics->lock);
}

/* Requests. */

/* The states of board_workers. */
static const char *const worker_states[] = {"ready", "running", "stopping", "missing"};
enum { WORKER_STATES = sizeof worker_states / sizeof worker_states[0] };

/* Records the request. True if it should wait for a newer page. */
static bool is_to_wait(struct run_metrics *metrics, bool is_on)
{
    pthread_mutex_lock(&metrics->lock);
    bool waits = metrics->is_stale && is_on;
    metrics->is_awaited = metrics->is_awaited || waits;
    metrics->asked_ns = clock_now_ns();
    pthread_mutex_unlock(&metrics->lock);
    return waits;
}

static void add_page(struct run_metrics *metrics, struct bytes *out)
{
    pthread_mutex_lock(&metrics->lock);
    bytes_add(out, metrics->text, metrics->length);
    pthread_mutex_unlock(&metrics->lock);
}

struct server_now {
    bool is_on;
    uint64_t users;
    bool has_workers;
    uint64_t workers[WORKER_STATES];
    struct stream *stream;
};

static void print_workers(FILE *file, const struct server_now *now)
{
    prom_describe(file, "loadgen_workers", "gauge", "Workers, by state.");
    for (size_t i = 0; i < WORKER_STATES; i++) {
        fputs("loadgen_workers{", file);
        prom_label(file, "state", worker_states[i]);
        fprintf(file, "} %" PRIu64 "\n", now->workers[i]);
    }
}

/* Adds the metrics of the server. False: out of memory. */
static bool add_server(const struct server_now *now, struct bytes *out)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    if (!file) {
        return false;
    }
    prom_count(file, "loadgen_run_active", "gauge", "1: a test is running.", now->is_on);
    prom_count(file, "loadgen_users", "gauge", "Users that have started and not ended.",
               now->users);
    if (now->has_workers) {
        print_workers(file, now);
    }
    prom_count(file, "loadgen_event_clients", "gauge", "Clients that follow the events.",
               stream_clients(now->stream));
    prom_count(file, "loadgen_event_clients_dropped_total", "counter",
               "Clients that were disconnected because they did not read.",
               stream_dropped(now->stream));
    bool ok = !ferror(file);
    ok = fclose(file) == 0 && ok;
    if (ok) {
        bytes_add(out, text, length);
    }
    free(text);
    return ok;
}

void run_metrics_answer(struct run_metrics *metrics, struct board *board, struct stream *stream,
                        const struct http_request *request, struct http_reply *reply)
{
    struct server_now now = {.stream = stream};
    pthread_mutex_lock(&board->lock);
    now.is_on = board_is_on(board);
    now.users = board_users(board);
    now.has_workers = board->workers;
    for (size_t i = 0; i < WORKER_STATES; i++) {
        now.workers[i] = board_worker_count(board, worker_states[i]);
    }
    pthread_mutex_unlock(&board->lock);
    bool waits = is_to_wait(metrics, now.is_on) && !request->is_resumed;
    *reply = (struct http_reply){
        .waits = waits, .status = HTTP_OK, .type = "text/plain; version=0.0.4; charset=utf-8"};
    if (!waits) {
        add_page(metrics, &reply->body);
        reply->body.has_failed = !add_server(&now, &reply->body) || reply->body.has_failed;
    }
}
