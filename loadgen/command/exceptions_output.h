/*
 * exceptions_output - tells on stderr which errors the scripts of a run raised.
 *
 * Threads: after the run.
 */
#ifndef LOADGEN_COMMAND_EXCEPTIONS_OUTPUT_H
#define LOADGEN_COMMAND_EXCEPTIONS_OUTPUT_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/users/exceptions.h"

/* Prints the number of each kind, with an example. ERR_FAILED if there were any. */
bool exceptions_output_tell(const struct exceptions *exceptions, struct err *err);

#endif
