#include "target-api/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "target-api/router.h"

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

/* A cell for every series there can be; pages of cells that stay zero take no memory. */
struct route_cells {
    atomic_uint_fast64_t latency_ns; /* the sum */
    atomic_uint_fast64_t within[BUCKETS + 1];
    atomic_uint_fast64_t served[METHODS][STATUSES];
};

struct metrics_shard {
    size_t index;
    bool is_owned;
    pthread_t owner;
    size_t rows; /* router_count() + 1 */
    atomic_uint_fast64_t begun;
    atomic_uint_fast64_t ended;
    struct route_cells routes[];
};

struct metrics {
    pthread_mutex_t owning;
    size_t count;
    struct metrics_shard *shards[];
};

struct metrics *metrics_create(size_t threads, struct err *err)
{
    struct metrics *metrics = calloc(1, sizeof *metrics + threads * sizeof(struct metrics_shard *));
    if (!metrics) {
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&metrics->owning, NULL);
    size_t rows = router_count() + 1;
    size_t size = sizeof(struct metrics_shard) + rows * sizeof(struct route_cells);
    for (; metrics->count < threads; metrics->count++) {
        struct metrics_shard *shard = calloc(1, size);
        if (!shard) {
            metrics_destroy(metrics);
            err_set(err, ERR_FAILED, "out of memory");
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

/* There is one writer, so that reading and writing need not be one step. */
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
    assert(route < shard->rows && status >= STATUS_MIN && status <= STATUS_MAX);
    struct route_cells *cells = &shard->routes[route];
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
    for (size_t i = 0; i < metrics->count; i++) { /* ended first: it never passes begun */
        progress.ended += get(&metrics->shards[i]->ended);
        progress.begun += get(&metrics->shards[i]->begun);
    }
    return progress;
}

/* The sum over all threads of the cell that is at `offset` of a route's. */
static uint64_t sum(const struct metrics *metrics, size_t route, size_t offset)
{
    uint64_t n = 0;
    for (size_t i = 0; i < metrics->count; i++) {
        const char *cells = (const char *)&metrics->shards[i]->routes[route];
        n += get((const atomic_uint_fast64_t *)(const void *)(cells + offset));
    }
    return n;
}

static void write_served(const struct metrics *metrics, struct buffer *b, size_t route)
{
    for (size_t cell = 0; cell < (size_t)METHODS * STATUSES; cell++) {
        size_t offset = offsetof(struct route_cells, served) + cell * sizeof(atomic_uint_fast64_t);
        uint64_t n = sum(metrics, route, offset);
        if (n > 0) {
            buffer_add_format(
                b, "http_requests_total{route=\"%s\",method=\"%s\",code=\"%zu\"} %" PRIu64 "\n",
                router_label(route), methods[cell / STATUSES], STATUS_MIN + cell % STATUSES, n);
        }
    }
}

static void write_latency(const struct metrics *metrics, struct buffer *b, size_t route)
{
    const char *label = router_label(route);
    uint64_t count = 0;
    for (size_t i = 0; i <= BUCKETS; i++) {
        size_t offset = offsetof(struct route_cells, within) + i * sizeof(atomic_uint_fast64_t);
        count += sum(metrics, route, offset);
        buffer_add_format(
            b, "http_request_duration_seconds_bucket{route=\"%s\",le=\"%s\"} %" PRIu64 "\n", label,
            i < BUCKETS ? buckets[i].le : "+Inf", count);
    }
    double seconds =
        (double)sum(metrics, route, offsetof(struct route_cells, latency_ns)) / (double)NS_PER_S;
    buffer_add_format(b, "http_request_duration_seconds_sum{route=\"%s\"} %.9f\n", label, seconds);
    buffer_add_format(b, "http_request_duration_seconds_count{route=\"%s\"} %" PRIu64 "\n", label,
                      count);
}

void metrics_write(const struct metrics *metrics, struct buffer *b)
{
    buffer_add_string(b, "# HELP http_requests_total Requests answered on the first port.\n"
                         "# TYPE http_requests_total counter\n");
    for (size_t route = 0; route <= router_count(); route++) {
        write_served(metrics, b, route);
    }
    buffer_add_string(b, "# HELP http_request_duration_seconds From the request line to the moment "
                         "its answer is queued.\n"
                         "# TYPE http_request_duration_seconds histogram\n");
    for (size_t route = 0; route <= router_count(); route++) {
        write_latency(metrics, b, route);
    }
    struct metrics_progress progress = metrics_progress(metrics);
    buffer_add_string(b, "# HELP http_requests_in_flight Requests begun and not yet answered.\n"
                         "# TYPE http_requests_in_flight gauge\n");
    buffer_add_format(b, "http_requests_in_flight %" PRIu64 "\n", progress.begun - progress.ended);
}
