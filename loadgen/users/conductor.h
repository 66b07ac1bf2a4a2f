/*
 * conductor - the functions that a scenario runs once for the whole run, in a separate Lua state.
 *
 *     function test_start(self) ... return { token = ... } end     before the run
 *     function test_stop(self, run) ... end                        after it; `run`: numbers.h
 *     Shape { tick = ... }                                         once a second (shape.h)
 *
 * This run-wide state belongs to the process that starts the run. It shares nothing with the states
 * of users, except that each user gets a copy of the result of test_start as self.setup
 * (lua/copy.h).
 *
 * test_start and test_stop are tasks of a single user of the class "setup", which may send requests
 * and sleep. Each is a separate run (run/run.h) with one thread, so their requests are named and
 * counted, but are not part of the users' run:
 *
 *     order->source is users_source(conductor_begin(...))  ->  run(...)  ->  conductor_end
 *
 * Threads: one at a time: the worker of such a run, or the thread that started it. Memory:
 * conductor_create, conductor_destroy.
 */
#ifndef LOADGEN_USERS_CONDUCTOR_H
#define LOADGEN_USERS_CONDUCTOR_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/users/numbers.h"
#include "loadgen/users/seat.h"

struct conductor;

enum conductor_part { CONDUCTOR_START, CONDUCTOR_STOP };

/*
 * Executes the scenario of the order in the run-wide state, and reads its classes and its shape.
 * NULL with err. Classes and shape are valid until conductor_destroy.
 */
struct conductor *conductor_create(const struct users_order *order, struct err *err);
void conductor_destroy(struct conductor *conductor);

const struct classes *conductor_classes(const struct conductor *conductor);
const struct shape *conductor_shape(const struct conductor *conductor);

/* False: the scenario has no test_start, test_stop or shape. */
bool conductor_is_needed(const struct conductor *conductor);

/* The name of the function: "test_start". */
const char *conductor_name(enum conductor_part part);

/* True if the scenario has this function. False if `conductor` is NULL. */
bool conductor_has(const struct conductor *conductor, enum conductor_part part);

/*
 * Prepares a run of this function, and returns its order, a copy of `order` with one user.
 * `numbers` are for test_stop, and are borrowed until conductor_end.
 */
struct users_order *conductor_begin(struct users_order *order, enum conductor_part part,
                                    const struct numbers *numbers);

/*
 * Stores the outcome of the function's run in `order`: the setup, or that quit() was called.
 * ERR_FAILED if the run was interrupted (`is_interrupted`), or if the function raised an error.
 */
bool conductor_end(struct users_order *order, bool is_interrupted, struct err *err);

/*
 * For the driver: conductor_sit prepares the seat of such a run, conductor_start creates its user,
 * and conductor_leave ends both after the run. The caller sets the type of the driver.
 */
struct seat *conductor_sit(struct conductor *conductor, struct goal *goal, const struct plan *plan,
                           struct drive_thread *thread);
void conductor_start(struct seat *seat, uint64_t end_ns);
void conductor_leave(struct seat *seat);

/* Calls tick, which may write to the log. Returns NULL, or the error: message and traceback, valid
 * until the next call. */
const char *conductor_tick(const struct users_order *order, struct log *log, double run_time_s,
                           uint64_t users, struct shape_wish *wish);

#endif
