/*
 * seat - the state that the users of one thread share: the thread, its Lua state, and the queue of
 * users.
 *
 * Threads: belongs to one thread.
 */
#ifndef LOADGEN_USERS_SEAT_H
#define LOADGEN_USERS_SEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "loadgen/base/heap.h"
#include "loadgen/drive/driver.h"
#include "loadgen/pace/team.h"
#include "loadgen/users/goal/iterations.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/scenario/classes.h"
#include "loadgen/users/users.h"

struct crowd;
struct plan;
struct user;

struct seat {
    struct driver driver; /* first member: a driver is cast to its seat */
    struct users_order *order;
    const struct plan *plan;
    struct drive_thread *thread;
    struct goal *goal; /* shared by all threads */
    struct state state;
    struct classes classes;
    struct user *users; /* one block; NULL with a crowd */
    struct user **all;
    size_t count;
    size_t ended; /* users that have ended */
    struct iterations iterations;
    struct heap queue;
    struct crowd *crowd;     /* NULL: the number of users does not change during the run */
    struct user *gone;       /* with a crowd: users that have ended, for crowd.c */
    struct heap leaving;     /* with a crowd: users that end before the run does, by `leave` */
    unsigned listener_count; /* of the scenario (request/listeners.h) */
    bool is_muted;           /* the run was abandoned: listeners are no longer called */
    uint64_t numbers;        /* request numbers used so far */
    uint64_t end_ns;
    int stage; /* of the end of the run (driver.c) */
};

/* The number of the next request or result, different from those of other threads. */
static inline uint64_t seat_next_number(struct seat *seat)
{
    return seat->numbers++ * seat->thread->team->all + seat->thread->number;
}

/* Ends the run on all threads. Call this when budget_end_one returns true. */
static inline void seat_end_run(struct seat *seat)
{
    goal_end_at(seat->goal, clock_now_ns());
    seat->thread->wake_all(seat->thread);
}

#endif
