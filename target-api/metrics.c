#include "target-api/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "target-api/router.h"

static const char *const methods[] = {"GET",    "HEAD",  "POST",    "PUT",
                                      "DELETE", "PATCH", "OPTIONS", "other"};
enum {
    METHODS = sizeof methods / sizeof methods[0],
    STATUS_MIN = 100,
    STATUS_MAX = 599,
    STATUSES = STATUS_MAX - STATUS_MIN + 1,
};

struct metrics {
    double start_s; /* since 1970 */
    /* A cell for every series there can be: counting is one addition, and needs no lock. */
    atomic_uint_fast64_t served[][METHODS][STATUSES]; /* router_count() + 1 rows */
};

struct metrics *metrics_create(struct err *err)
{
    size_t rows = router_count() + 1;
    struct metrics *metrics = calloc(1, sizeof *metrics + rows * sizeof metrics->served[0]);
    if (!metrics) {
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    metrics->start_s = (double)clock_wall_ns() / (double)NS_PER_S;
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    free(metrics);
}

static size_t method_index(const char *method)
{
    size_t i = 0;
    while (i < METHODS - 1 && strcmp(methods[i], method) != 0) {
        i++;
    }
    return i;
}

void metrics_count(struct metrics *metrics, size_t route, const char *method, unsigned status)
{
    assert(route <= router_count() && status >= STATUS_MIN && status <= STATUS_MAX);
    atomic_fetch_add_explicit(&metrics->served[route][method_index(method)][status - STATUS_MIN], 1,
                              memory_order_relaxed);
}

static void write_served(const struct metrics *metrics, struct buffer *b, size_t route,
                         size_t method)
{
    for (unsigned i = 0; i < STATUSES; i++) {
        uint64_t n = atomic_load_explicit(&metrics->served[route][method][i], memory_order_relaxed);
        if (n > 0) {
            buffer_add_format(
                b, "http_requests_total{route=\"%s\",method=\"%s\",code=\"%u\"} %" PRIu64 "\n",
                router_label(route), methods[method], STATUS_MIN + i, n);
        }
    }
}

void metrics_write(const struct metrics *metrics, struct buffer *b)
{
    buffer_add_string(b, "# HELP http_requests_total Requests answered on the first port.\n"
                         "# TYPE http_requests_total counter\n");
    for (size_t route = 0; route <= router_count(); route++) {
        for (size_t method = 0; method < METHODS; method++) {
            write_served(metrics, b, route, method);
        }
    }
    buffer_add_string(
        b, "# HELP process_start_time_seconds When the process started, in seconds since 1970.\n"
           "# TYPE process_start_time_seconds gauge\n");
    buffer_add_format(b, "process_start_time_seconds %.3f\n", metrics->start_s);
}
