/*
 * setup - runs test_start and test_stop of a scenario (users/conductor.h), before and after the run
 * of its users.
 *
 * Each is a separate short run on one thread, with the plan of the users' run. A line on stderr
 * counts its requests, if it sent any.
 *
 * Threads: one.
 */
#ifndef LOADGEN_COMMAND_SCENARIO_SETUP_H
#define LOADGEN_COMMAND_SCENARIO_SETUP_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/order/order.h"
#include "loadgen/run/run.h"
#include "loadgen/users/users.h"

/*
 * Runs test_start, if there is one; its result is passed to the users of later runs. False with err
 * if it failed or was stopped: users->is_interrupted. If it called quit(), users->is_quitting is
 * true.
 */
bool setup_start(struct users_order *users, const struct order *order,
                 const struct control *control, struct err *err);

/*
 * Runs test_stop, if there is one, and passes it the results of the run (numbers.h). Errors are as
 * above.
 */
bool setup_stop(struct users_order *users, const struct order *order, const struct control *control,
                const struct summary *summary, struct err *err);

#endif
