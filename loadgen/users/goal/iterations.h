/*
 * iterations - starts iterations (goal.h) at a rate, and chooses the user for each.
 *
 *     all users are past on_start  --LEAD-->  iteration 0  ->  iteration 1 ...   each when due
 *
 * Iteration k belongs to the owner of its slot (pace/slots.h), as users do. The owner, a thread,
 * assigns it to the one of its own users that has been free the longest; if none of them is free,
 * the iteration is dropped immediately. Until the budget of iterations is used up, every iteration
 * that is due before the end of the run is started or dropped, however late the thread is.
 *
 * In a run with several processes (pace/team.h), each waits for its own users only, and at least
 * until the last user of the run is due to start. So the processes begin at most as far apart as
 * their slowest on_start.
 *
 * Without a rate (pacing.is_on is false), these functions do nothing.
 *
 * Threads: struct iterations belongs to one thread. Memory: plain values; users embed struct idle.
 */
#ifndef LOADGEN_USERS_GOAL_ITERATIONS_H
#define LOADGEN_USERS_GOAL_ITERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "loadgen/drive/driver.h"
#include "loadgen/users/goal/goal.h"

#define ITERATIONS_LEAD_NS (10 * NS_PER_MS) /* until all threads are awake */

/* Embedded by its owner. */
struct idle {
    struct idle *next;
};

struct iterations {
    struct goal *goal; /* shared by all threads */
    struct drive_thread *thread;
    uint64_t users;   /* number of users of all threads of this process */
    uint64_t from_ns; /* when the last user of the run is to start; no iteration is due before */
    struct epoch_cursor next;
    bool is_over;       /* no more iterations: their budget is used up, or the run was abandoned */
    struct idle *first; /* free users */
    struct idle **last; /* where the next user is linked; NULL: &first */
};

/* Call this before the run. If `schedule` is a closed loop, there is no rate. */
void iterations_plan(struct goal *goal, const struct schedule *schedule, const struct slots *slots);

/* Initializes a zeroed struct, except `users` and from_ns: set them before the first user starts.
 */
void iterations_begin(struct iterations *own, struct goal *goal, struct drive_thread *thread);

/*
 * Call each once per user of this thread: iterations_pass_start when the user has completed
 * on_start or ended before that, iterations_end_user when it has ended.
 */
void iterations_pass_start(struct iterations *own);
void iterations_end_user(struct iterations *own);

/*
 * True while this thread may have iterations to start or drop: until the end of the schedule or,
 * if it has none, until no thread has users.
 */
bool iterations_go_on(const struct iterations *own);

/* Adds a user that is free to run an iteration. */
void iterations_set_free(struct iterations *own, struct idle *user);

/*
 * Takes the next iteration that is due, and returns the user that starts it; *due_ns becomes its
 * due time. While no user is free, drops iterations that are due. NULL: no iteration can start now.
 * The run ends at end_ns.
 */
struct idle *iterations_take(struct iterations *own, uint64_t now_ns, uint64_t end_ns,
                             uint64_t *due_ns);

/* When the next iteration is due; UINT64_MAX: none before the end, or not known yet. */
uint64_t iterations_next_ns(const struct iterations *own, uint64_t end_ns);

#endif
