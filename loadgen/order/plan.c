#include "loadgen/order/plan.h"

#include <inttypes.h>

/* A closed loop stores for each worker when it became free. */
#define MAX_CLOSED_WORKERS UINT64_C(1000000)

bool plan_check(const struct plan *plan, struct err *err)
{
    if (plan->max_workers == 0) {
        return err_set(err, ERR_USAGE, "order.max_workers: must be at least 1");
    }
    if (plan->max_connections == 0) {
        return err_set(err, ERR_USAGE, "order.max_connections: must be at least 1");
    }
    if (schedule_is_closed(&plan->schedule) && plan->max_workers == UINT64_MAX) {
        return err_set(err, ERR_USAGE,
                       "order.rate=0 requires order.max_workers, the number of requests in flight");
    }
    if (schedule_is_closed(&plan->schedule) && plan->max_workers > MAX_CLOSED_WORKERS) {
        return err_set(err, ERR_USAGE, "order.max_workers: at most %" PRIu64 " with order.rate=0",
                       MAX_CLOSED_WORKERS);
    }
    if (plan->threads == 0) {
        return err_set(err, ERR_USAGE, "a run needs at least one thread");
    }
    return schedule_check(&plan->schedule, err);
}

uint64_t plan_cap(const struct plan *plan)
{
    return plan->max_connections < plan->max_workers ? plan->max_connections : plan->max_workers;
}

unsigned plan_threads(const struct plan *plan)
{
    uint64_t most = plan_cap(plan) < SLOTS ? plan_cap(plan) : SLOTS;
    return most < plan->threads ? (unsigned)most : plan->threads;
}

void plan_team(const struct plan *plan, struct team *team)
{
    uint16_t threads[SLOTS];
    uint16_t count = (uint16_t)plan_threads(plan);
    for (uint16_t i = 0; i < count; i++) {
        threads[i] = i;
    }
    team->first = 0;
    team->threads = team->all = count;
    slots_deal(&team->slots, NULL, plan_cap(plan), threads, count);
}
