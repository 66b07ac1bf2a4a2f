#include "target-api/http/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/prom.h"

static const char *const methods[] = {"GET",    "HEAD",  "POST",    "PUT",
                                      "DELETE", "PATCH", "OPTIONS", "other"};

static const struct {
    uint64_t ns;
    const char *le;
} buckets[] = {
    {50 * NS_PER_US, "0.00005"}, {100 * NS_PER_US, "0.0001"}, {250 * NS_PER_US, "0.00025"},
    {500 * NS_PER_US, "0.0005"}, {1 * NS_PER_MS, "0.001"},    {2500 * NS_PER_US, "0.0025"},
    {5 * NS_PER_MS, "0.005"},    {10 * NS_PER_MS, "0.01"},    {25 * NS_PER_MS, "0.025"},
    {50 * NS_PER_MS, "0.05"},    {100 * NS_PER_MS, "0.1"},    {250 * NS_PER_MS, "0.25"},
    {500 * NS_PER_MS, "0.5"},    {1 * NS_PER_S, "1"},         {2500 * NS_PER_MS, "2.5"},
    {5 * NS_PER_S, "5"},         {10 * NS_PER_S, "10"},
};

enum {
    METHODS = sizeof methods / sizeof methods[0],
    BUCKETS = sizeof buckets / sizeof buckets[0],
    STATUS_MIN = 100,
    STATUS_MAX = 599,
    STATUSES = STATUS_MAX - STATUS_MIN + 1,
};

/* A cell per possible series; pages that are never written take no memory. */
struct route_cells {
    atomic_uint_fast64_t latency_ns; /* the sum */
    atomic_uint_fast64_t within[BUCKETS + 1];
    atomic_uint_fast64_t served[METHODS][STATUSES];
};

struct metrics_shard {
    size_t index;
    bool is_owned;
    pthread_t owner;
    size_t rows; /* a row for each route, the last for requests that match none */
    atomic_uint_fast64_t begun;
    atomic_uint_fast64_t ended;
    struct route_cells routes[];
};

struct metrics {
    pthread_mutex_t owning;
    size_t rows;
    size_t count;
    struct metrics_shard *shards[];
};

struct metrics *metrics_create(size_t threads, size_t routes, struct err *err)
{
    struct metrics *metrics = calloc(1, sizeof *metrics + threads * sizeof(struct metrics_shard *));
    if (!metrics) {
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    pthread_mutex_init(&metrics->owning, NULL);
    size_t rows = routes + 1;
    size_t size = sizeof(struct metrics_shard) + rows * sizeof(struct route_cells);
    metrics->rows = rows;
    for (; metrics->count < threads; metrics->count++) {
        struct metrics_shard *shard = calloc(1, size);
        if (!shard) {
            metrics_destroy(metrics);
            err_set(err, ERR_FAILED, "not enough memory");
            return NULL;
        }
        shard->rows = rows;
        shard->index = metrics->count;
        metrics->shards[metrics->count] = shard;
    }
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    if (metrics) {
        for (size_t i = 0; i < metrics->count; i++) {
            free(metrics->shards[i]);
        }
        pthread_mutex_destroy(&metrics->owning);
        free(metrics);
    }
}

struct metrics_shard *metrics_own_shard(struct metrics *metrics)
{
    struct metrics_shard *found = NULL;
    pthread_mutex_lock(&metrics->owning);
    for (size_t i = 0; i < metrics->count && !found; i++) {
        struct metrics_shard *shard = metrics->shards[i];
        if (!shard->is_owned) {
            shard->is_owned = true;
            shard->owner = pthread_self();
        }
        if (pthread_equal(shard->owner, pthread_self())) {
            found = shard;
        }
    }
    pthread_mutex_unlock(&metrics->owning);
    return found;
}

size_t metrics_shard_index(const struct metrics_shard *shard)
{
    return shard->index;
}

static uint64_t get(const atomic_uint_fast64_t *cell)
{
    return atomic_load_explicit(cell, memory_order_relaxed);
}

/* The only writer: no atomic read-modify-write needed. */
static void add(atomic_uint_fast64_t *cell, uint64_t n)
{
    atomic_store_explicit(cell, get(cell) + n, memory_order_relaxed);
}

void metrics_begin(struct metrics_shard *shard)
{
    add(&shard->begun, 1);
}

void metrics_end(struct metrics_shard *shard)
{
    add(&shard->ended, 1);
}

static size_t method_index(const char *method)
{
    size_t i = 0;
    while (i < METHODS - 1 && strcmp(methods[i], method) != 0) {
        i++;
    }
    return i;
}

void metrics_count(struct metrics_shard *shard, size_t route, const char *method, unsigned status,
                   uint64_t latency_ns)
{
    assert(status >= STATUS_MIN && status <= STATUS_MAX);
    struct route_cells *cells = &shard->routes[route < shard->rows ? route : shard->rows - 1];
    size_t bucket = 0;
    while (bucket < BUCKETS && latency_ns > buckets[bucket].ns) {
        bucket++;
    }
    add(&cells->within[bucket], 1);
    add(&cells->latency_ns, latency_ns);
    add(&cells->served[method_index(method)][status - STATUS_MIN], 1);
}

void metrics_count_rejected(struct metrics_shard *shard, unsigned status)
{
    if (status >= STATUS_MIN && status <= STATUS_MAX) {
        add(&shard->routes[shard->rows - 1].served[METHODS - 1][status - STATUS_MIN], 1);
    }
}

struct metrics_progress metrics_progress(const struct metrics *metrics)
{
    struct metrics_progress progress = {0};
    for (size_t i = 0; i < metrics->count; i++) { /* ended first, so that it never exceeds begun */
        progress.ended += get(&metrics->shards[i]->ended);
        progress.begun += get(&metrics->shards[i]->begun);
    }
    return progress;
}

/* The sum over all threads of the cell at `offset` in a route's cells. */
static uint64_t sum(const struct metrics *metrics, size_t route, size_t offset)
{
    uint64_t n = 0;
    for (size_t i = 0; i < metrics->count; i++) {
        const char *cells = (const char *)&metrics->shards[i]->routes[route];
        n += get((const atomic_uint_fast64_t *)(const void *)(cells + offset));
    }
    return n;
}

static void write_served(const struct metrics *metrics, FILE *out, size_t route, const char *label)
{
    for (size_t cell = 0; cell < (size_t)METHODS * STATUSES; cell++) {
        size_t offset = offsetof(struct route_cells, served) + cell * sizeof(atomic_uint_fast64_t);
        uint64_t n = sum(metrics, route, offset);
        if (n > 0) {
            fprintf(out,
                    "http_requests_total{route=\"%s\",method=\"%s\",code=\"%zu\"} %" PRIu64 "\n",
                    label, methods[cell / STATUSES], STATUS_MIN + cell % STATUSES, n);
        }
    }
}

static void write_latency(const struct metrics *metrics, FILE *out, size_t route, const char *label)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= BUCKETS; i++) {
        size_t offset = offsetof(struct route_cells, within) + i * sizeof(atomic_uint_fast64_t);
        count += sum(metrics, route, offset);
        fprintf(out, "http_request_duration_seconds_bucket{route=\"%s\",le=\"%s\"} %" PRIu64 "\n",
                label, i < BUCKETS ? buckets[i].le : "+Inf", count);
    }
    double seconds =
        (double)sum(metrics, route, offsetof(struct route_cells, latency_ns)) / (double)NS_PER_S;
    fprintf(out, "http_request_duration_seconds_sum{route=\"%s\"} %.9f\n", label, seconds);
    fprintf(out, "http_request_duration_seconds_count{route=\"%s\"} %" PRIu64 "\n", label, count);
}

void metrics_write(const struct metrics *metrics, metrics_label_fn *label, FILE *out)
{
    prom_describe(out, "http_requests_total", "counter", "Requests answered on the API port.");
    for (size_t route = 0; route < metrics->rows; route++) {
        write_served(metrics, out, route, label(route));
    }
    prom_describe(out, "http_request_duration_seconds", "histogram",
                  "Time from the request line to queueing the response.");
    for (size_t route = 0; route < metrics->rows; route++) {
        write_latency(metrics, out, route, label(route));
    }
    struct metrics_progress progress = metrics_progress(metrics);
    prom_count(out, "http_requests_in_flight", "gauge", "Requests received and not yet answered.",
               progress.begun - progress.ended);
}
