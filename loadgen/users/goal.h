/*
 * goal - when a run of users is over, apart from its time, and the rate of its iterations: what its
 * threads share.
 *
 * The run ends once the requests or the iterations of a budget have ended. An iteration is one task
 * that a user picks, with the on_start of the task sets on the way to it.
 *
 * Threads: any may change the atomics. Memory: plain values.
 */
#ifndef LOADGEN_USERS_GOAL_H
#define LOADGEN_USERS_GOAL_H

#include "loadgen/pace/epoch.h"
#include "loadgen/users/budget.h"

/* Iterations at a rate (iterations.h). */
struct pacing {
    bool is_on;                  /* false: there is no rate, and nothing else is used */
    struct epoch epoch;          /* when iterations are due, and whose they are */
    _Atomic uint64_t begin_ns;   /* time 0 of the schedule; UINT64_MAX: not known */
    _Atomic uint64_t past_start; /* users that are past on_start */
    _Atomic uint64_t ended;      /* users that have ended */
    _Atomic uint64_t started;    /* iterations */
    _Atomic uint64_t dropped;
};

struct goal {
    struct budget requests;
    struct budget iterations;
    _Atomic uint64_t end_ns; /* the run ends then; UINT64_MAX: not known */
    struct pacing pacing;
};

/* Ends the run at this moment, unless it ends earlier. Its threads must be woken. */
static inline void goal_end_at(struct goal *goal, uint64_t end_ns)
{
    uint64_t before_ns = atomic_load(&goal->end_ns);
    while (end_ns < before_ns && !atomic_compare_exchange_weak(&goal->end_ns, &before_ns, end_ns)) {
    }
}

#endif
