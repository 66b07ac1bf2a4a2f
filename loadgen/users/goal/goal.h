/*
 * goal - the state that the threads of a scenario's run share: the budgets of requests and
 * iterations that end the run, the number of users, and the pacing of iterations.
 *
 * The run ends when all requests or all iterations of a budget have ended. In a run with several
 * processes, each has its portion of the budgets (pace/portion.h), and its part of the run ends
 * with it. An iteration is one task that a user picks, including the on_start of the task sets that
 * lead to it.
 *
 * Threads: any may change the atomics. Memory: plain values.
 */
#ifndef LOADGEN_USERS_GOAL_GOAL_H
#define LOADGEN_USERS_GOAL_GOAL_H

#include "loadgen/pace/epoch.h"
#include "loadgen/users/goal/budget.h"

/* Iterations at a rate (iterations.h). */
struct pacing {
    bool is_on;                  /* false: there is no rate, and the other fields are unused */
    struct epoch epoch;          /* when iterations are due, and which thread owns each */
    _Atomic uint64_t begin_ns;   /* time 0 of the schedule; UINT64_MAX: not known */
    _Atomic uint64_t past_start; /* users that have completed on_start, or ended before */
    _Atomic uint64_t ended;      /* users that have ended */
    _Atomic uint64_t started;    /* iterations */
    _Atomic uint64_t dropped;
};

struct goal {
    struct budget requests;
    struct budget iterations;
    _Atomic uint64_t end_ns; /* the run ends then; UINT64_MAX: not known */
    _Atomic uint64_t users;  /* running users */
    struct pacing pacing;
};

/* Ends the run at end_ns, unless it already ends earlier. Wake its threads afterwards. */
static inline void goal_end_at(struct goal *goal, uint64_t end_ns)
{
    uint64_t before_ns = atomic_load(&goal->end_ns);
    while (end_ns < before_ns && !atomic_compare_exchange_weak(&goal->end_ns, &before_ns, end_ns)) {
    }
}

#endif
