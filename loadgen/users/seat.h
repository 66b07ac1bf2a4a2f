/*
 * seat - what the users of one thread share: the thread, its Lua state, and the queue of users.
 *
 * Threads: belongs to one thread.
 */
#ifndef LOADGEN_USERS_SEAT_H
#define LOADGEN_USERS_SEAT_H

#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "loadgen/base/heap.h"
#include "loadgen/drive/driver.h"
#include "loadgen/users/iterations.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/scenario/classes.h"
#include "loadgen/users/users.h"

struct plan;
struct user;

struct seat {
    struct driver driver; /* first member: a driver is cast to its seat */
    struct users_order *order;
    const struct plan *plan;
    struct drive_thread *thread;
    struct goal *goal; /* of all threads */
    struct state state;
    struct classes classes;
    struct user *users;
    size_t count;
    size_t ended; /* users that have ended */
    struct iterations iterations;
    struct heap queue;
    uint64_t numbers; /* request numbers used so far */
    uint64_t end_ns;
    int stage; /* of the end of the run (driver.c) */
};

/* Ends the run on all threads. Call this when budget_end_one returns true. */
static inline void seat_end_run(struct seat *seat)
{
    goal_end_at(seat->goal, clock_now_ns());
    seat->thread->wake_all(seat->thread);
}

#endif
