/*
 * crowd - starts and ends the users of one thread while their number or their owners change: with a
 * shape (shape.h), by hand (is_elastic), or because processes join and leave the run.
 *
 * Users start and end at the times of the profile (pace/profile.h), each on the thread that owns
 * its slot. The class of a user depends only on its number (deal.h). A number that was used before
 * gets a new user, which starts when the previous one has ended and has no request in flight. So a
 * number never has two users at a time.
 *
 * A user that ends during the run is treated as at the end of the run (driver.h): it may finish its
 * request, and its task if that ends within stop_timeout_ns; then on_stop runs.
 *
 * When slots move (moves.h), their users end like this on one thread, and start anew on another.
 * Each thread starts them at its share of the profile's rate, so all threads together start no more
 * per second than the profile does.
 *
 * Threads: belongs to one thread. Memory: crowd_open, crowd_close; users are allocated when they
 * start for the first time.
 */
#ifndef LOADGEN_USERS_CROWD_H
#define LOADGEN_USERS_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/pace/profile.h"
#include "loadgen/users/moves.h"
#include "loadgen/users/seat.h"

/* Borrows all. on_stop of an ending user may take up to on_stop_ns. */
struct crowd *crowd_open(struct seat *seat, struct profile *profile, struct moves *moves,
                         uint64_t on_stop_ns);

/* NULL is allowed. */
void crowd_close(struct crowd *crowd);

/*
 * Starts and ends up to `most` users that are due, and follows moves. At the end of the run
 * (`is_over`), none starts, and those that are ending continue to do so. True if any was due.
 */
bool crowd_follow(struct crowd *crowd, uint64_t now_ns, unsigned most, bool is_over);

/* When to call crowd_follow next; UINT64_MAX: when the profile has changed, or slots move. */
uint64_t crowd_next_ns(struct crowd *crowd, bool is_over);

#endif
