/*
 * crowd - the users of one thread when a shape (shape.h) says how many there are.
 *
 * Users start and end at the times of the profile (pace/profile.h), each on the thread that owns
 * its slot. The class of a user depends only on its number (deal.h), also when a user of this
 * number has ended before: a user that starts again begins anew. It waits until the one before it
 * has ended and has no request in flight, so a number never has two users at a time.
 *
 * A user that ends before the run does ends as at the end of the run (driver.h): it may finish its
 * request, and within stop_timeout_ns its task; then on_stop runs.
 *
 * Threads: belongs to one thread. Memory: crowd_open, crowd_close; users are allocated when there
 * are more than ever before.
 */
#ifndef LOADGEN_USERS_CROWD_H
#define LOADGEN_USERS_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/pace/profile.h"
#include "loadgen/users/seat.h"

/* Borrows both. Of users that end, on_stop may take on_stop_ns. */
struct crowd *crowd_open(struct seat *seat, struct profile *profile, uint64_t on_stop_ns);

/* NULL is allowed. */
void crowd_close(struct crowd *crowd);

/*
 * Starts and ends up to `most` users that are due. At the end of the run (`is_over`) none starts
 * any more, and those that were ending go on doing so. True if there were any.
 */
bool crowd_follow(struct crowd *crowd, uint64_t now_ns, unsigned most, bool is_over);

/* When to call crowd_follow next; UINT64_MAX: when the profile has changed. */
uint64_t crowd_next_ns(struct crowd *crowd, bool is_over);

#endif
