/*
 * exceptions_output - tells on stderr which errors the scripts of a run raised.
 *
 * Threads: after the run.
 */
#ifndef LOADGEN_COMMAND_EXCEPTIONS_OUTPUT_H
#define LOADGEN_COMMAND_EXCEPTIONS_OUTPUT_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/measure/exceptions.h"

/* Prints the number of each kind, with an example, unless the report lists them. ERR_FAILED if
 * there were any. */
bool exceptions_output_tell(const struct exceptions *exceptions, bool are_listed, struct err *err);

#endif
