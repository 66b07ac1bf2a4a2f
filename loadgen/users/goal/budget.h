/*
 * budget - a number of requests or iterations that the users of all threads share. At most `most`
 * are started in total, however they are spread over the threads.
 *
 * Threads: any. Memory: plain values; set `most`, zero the rest.
 */
#ifndef LOADGEN_USERS_GOAL_BUDGET_H
#define LOADGEN_USERS_GOAL_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct budget {
    uint64_t most; /* UINT64_MAX: no limit; then nothing is counted */
    _Atomic uint64_t taken;
    _Atomic uint64_t ended;
};

/* Call this before each start. False: all have been started. */
static inline bool budget_take(struct budget *budget)
{
    return budget->most == UINT64_MAX || atomic_fetch_add(&budget->taken, 1) < budget->most;
}

static inline bool budget_is_used_up(const struct budget *budget)
{
    return budget->most != UINT64_MAX && atomic_load(&budget->taken) >= budget->most;
}

/* Call this after each end. True for the last request or iteration of the budget. */
static inline bool budget_end_one(struct budget *budget)
{
    return budget->most != UINT64_MAX && atomic_fetch_add(&budget->ended, 1) + 1 == budget->most;
}

#endif
