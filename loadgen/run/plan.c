#include "loadgen/run/plan.h"

#include <inttypes.h>

/* A closed loop remembers for each worker when it became free. */
#define MAX_CLOSED_WORKERS UINT64_C(1000000)

bool plan_check(const struct plan *plan, struct err *err)
{
    if (plan->max_workers == 0) {
        return err_set(err, ERR_USAGE, "-max-workers: there must be at least 1");
    }
    if (plan->rate.count == 0 && plan->max_workers == UINT64_MAX) {
        return err_set(err, ERR_USAGE,
                       "-rate=0 requires setting -max-workers, the number of requests that are "
                       "always in flight");
    }
    if (plan->rate.count == 0 && plan->max_workers > MAX_CLOSED_WORKERS) {
        return err_set(err, ERR_USAGE, "-max-workers: at most %" PRIu64 " with -rate=0",
                       MAX_CLOSED_WORKERS);
    }
    if (plan->threads == 0) {
        return err_set(err, ERR_USAGE, "a run needs at least one thread");
    }
    return true;
}

uint64_t plan_cap(const struct plan *plan)
{
    uint64_t connections = plan->max_connections ? plan->max_connections : UINT64_MAX;
    return connections < plan->max_workers ? connections : plan->max_workers;
}

unsigned plan_threads(const struct plan *plan)
{
    uint64_t cap = plan_cap(plan);
    return cap < plan->threads ? (unsigned)cap : plan->threads;
}

static json_t *count_or_null(uint64_t count, uint64_t none)
{
    return count == none ? json_null() : json_integer((json_int_t)count);
}

json_t *plan_to_json(const struct plan *plan)
{
    return json_pack("{s:s, s:{s:I, s:I}, s:o, s:I, s:o, s:o, s:b, s:i}", "name", plan->name,
                     "rate", "count", (json_int_t)plan->rate.count, "per",
                     (json_int_t)plan->rate.per_ns, "duration", count_or_null(plan->duration_ns, 0),
                     "timeout", (json_int_t)plan->timeout_ns, "max_workers",
                     count_or_null(plan->max_workers, UINT64_MAX), "max_connections",
                     count_or_null(plan->max_connections, 0), "keepalive", plan->keepalive,
                     "threads", (int)plan_threads(plan));
}
