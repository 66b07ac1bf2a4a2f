/*
 * words - the globals of scenarios: User (declare.h), the waits (waits.h), JSON (json.h), read_file
 * (read_file.h), and
 *
 *     sleep(s)             pauses this user
 *     random(a, b)         a number from a to b; an integer if both are integers
 *     random(n)            an integer from 1 to n, which must be an integer
 *     random()             a number of at least 0 and less than 1
 *     choice(list)         a random element
 *     quit(code)           ends the run; code is the exit status, unless the run fails otherwise
 *     uuid()               "9f1c...", version 4
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
