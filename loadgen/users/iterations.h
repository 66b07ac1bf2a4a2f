/*
 * iterations - starts iterations (goal.h) at a rate, each with a user that is free, without waits.
 *
 *     all users are past on_start  --LEAD-->  iteration 0  ->  iteration 1 ...   each at its moment
 *
 * Iteration k belongs to the owner of its slot (pace/slots.h), as users do. Its thread gives it to
 * the user that has been free for the longest time; if none is free, the iteration is dropped at
 * once. Every iteration that is due before the end of the run is started or dropped, however late
 * the thread is.
 *
 * Threads: struct pacing is shared by all threads; struct iterations belongs to one. Memory: plain
 * values.
 */
#ifndef LOADGEN_USERS_ITERATIONS_H
#define LOADGEN_USERS_ITERATIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "loadgen/pace/epoch.h"

struct seat;
struct user;

#define ITERATIONS_LEAD_NS (10 * NS_PER_MS) /* until all threads are awake */

struct pacing {
    bool is_on;                  /* false: there is no rate, and nothing else is used */
    struct epoch epoch;          /* when iterations are due, and whose they are */
    _Atomic uint64_t begin_ns;   /* time 0 of the schedule; UINT64_MAX: not known */
    _Atomic uint64_t past_start; /* users that are past on_start */
    _Atomic uint64_t ended;      /* users that have ended */
    _Atomic uint64_t started;    /* iterations */
    _Atomic uint64_t dropped;
};

struct iterations {
    struct epoch_cursor next;
    bool is_over; /* their budget is used up */
    struct user *first_free;
    struct user **last_free; /* where the next one is linked; NULL: &first_free */
};

/* `schedule` closed: no rate. */
void pacing_init(struct pacing *pacing, const struct schedule *schedule, const struct slots *slots);

/* Before the first of the others. */
void iterations_begin(struct seat *seat);

/* A user of this thread is past its on_start, or has ended. Call each once for each user. */
void iterations_pass_start(struct seat *seat);
void iterations_end_user(struct seat *seat);

/* A user may have an iteration. */
void iterations_set_free(struct user *user);

/* Starts or drops what is due, and starts at most `most`. True if nothing more is due. */
bool iterations_go(struct seat *seat, uint64_t now_ns, unsigned most);

/* When the next one is due; UINT64_MAX: none, or not known yet. */
uint64_t iterations_next_ns(const struct seat *seat);

#endif
