/*
 * runner_error - renames fields in the errors of runs that clients of the web server start.
 *
 * Errors of modules outside command/ begin with the name of a field (command/flags/field_flags.h).
 * If the field is one of the client's order (web/board/runner.h), its object is removed:
 * "users.host: ..." becomes "host: ...". Other fields become flags of the server's command line.
 *
 * Threads: pure function.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_RUNNER_ERROR_H
#define LOADGEN_COMMAND_RUNNERS_RUNNER_ERROR_H

#include "common/err.h"

void runner_error_name(struct err *err);

#endif
