/*
 * order_arguments - overrides arguments of the command line with those that a client of the web
 * server has set for this run (struct run_order).
 *
 * Threads: pure function. Memory: the flags borrow from `own`.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_ORDER_ARGUMENTS_H
#define LOADGEN_COMMAND_RUNNERS_ORDER_ARGUMENTS_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/command/flags/argument_flag.h"
#include "loadgen/web/board/runner.h"

/*
 * Copies the order's arguments to `own`, and adds them to `flags`, where they replace those with
 * the same names. ERR_USAGE: too many.
 */
bool order_arguments(const struct run_order *order, struct run_arguments *own,
                     struct argument_flags *flags, struct err *err);

#endif
