/*
 * scenario_order - converts the command line of a scenario run to an order for its users.
 *
 * Threads: set-up only. Memory: strings are borrowed from the options.
 */
#ifndef LOADGEN_COMMAND_SCENARIO_SCENARIO_ORDER_H
#define LOADGEN_COMMAND_SCENARIO_SCENARIO_ORDER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/users/users.h"

struct run_options;

/* Fills in the order for users_open. ERR_USAGE names the flags to change. */
bool scenario_order(const struct run_options *options, struct users_order *users, struct err *err);

#endif
