/*
 * runner_error - names of fields in the errors of runs that clients of the web server start.
 *
 * Modules outside command/ name fields (command/flags/field_flags.h). A field of the client's order
 * (web/board/runner.h) loses the name of its object: "users.host: ..." becomes "host: ...". Other
 * fields become flags of the server's command line.
 *
 * Threads: pure function.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_RUNNER_ERROR_H
#define LOADGEN_COMMAND_RUNNERS_RUNNER_ERROR_H

#include "common/err.h"

void runner_error_name(struct err *err);

#endif
