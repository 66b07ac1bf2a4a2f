/*
 * exceptions_output - prints the errors that the scripts of a run raised, on stderr.
 *
 * Threads: after the run.
 */
#ifndef LOADGEN_COMMAND_EXCEPTIONS_OUTPUT_H
#define LOADGEN_COMMAND_EXCEPTIONS_OUTPUT_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/measure/exceptions.h"

/*
 * Unless the report already lists the errors (`are_listed`), prints how often each was raised, with
 * its first traceback. ERR_FAILED if scripts raised any errors.
 */
bool exceptions_output_print(const struct exceptions *exceptions, bool are_listed, struct err *err);

#endif
