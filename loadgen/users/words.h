/*
 * words - the globals of scenarios: User and the task sets (declare.h), the waits (waits.h), the
 * number of users (shape.h), JSON (json.h), data files (feeder.h, read_file.h), events
 * (request/events.h), arguments (settings.h), random elements (picks.h), dates (dates.h), encodings
 * and hashes (codes.h), parts of pages (pages.h), and
 *
 *     sleep(s)             pauses this user
 *     random(a, b)         a number from a to b; an integer if both are integers
 *     random(n)            an integer from 1 to n; n must be an integer
 *     random()             a number of at least 0 and less than 1
 *     log(format, ...)     a line on stderr with the time and the user (log.h)
 *     quit(code)           ends the run; code is the exit status, unless the run itself fails
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_WORDS_H
#define LOADGEN_USERS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/users/lua/state.h"

/* Opens a state (state_open) and declares these globals. */
bool words_open(struct state *state, size_t max_bytes, uint64_t seed, struct err *err);

#endif
