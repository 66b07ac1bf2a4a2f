/*
 * goal - when a run of users is over, apart from its time: what its threads share.
 *
 * The run ends once the requests or the iterations of a budget have ended. An iteration is one task
 * that a user picks, with the on_start of the task sets on the way to it.
 *
 * Threads: any may change the atomics. Memory: plain values.
 */
#ifndef LOADGEN_USERS_GOAL_H
#define LOADGEN_USERS_GOAL_H

#include "loadgen/users/budget.h"
#include "loadgen/users/iterations.h"

struct goal {
    struct budget requests;
    struct budget iterations;
    _Atomic uint64_t end_ns; /* the run ends then; UINT64_MAX: not known */
    struct pacing pacing;    /* of iterations */
};

/* Ends the run at this moment, unless it ends earlier. Its threads must be woken. */
static inline void goal_end_at(struct goal *goal, uint64_t end_ns)
{
    uint64_t before_ns = atomic_load(&goal->end_ns);
    while (end_ns < before_ns && !atomic_compare_exchange_weak(&goal->end_ns, &before_ns, end_ns)) {
    }
}

#endif
