/*
 * runner_error - the names in errors of a run that a client of the web server has asked for.
 *
 * Modules outside command/ name fields (command/flags/field_flags.h). A field that the client's
 * order has (web/board/runner.h) loses the name of its object: "users.host: ..." becomes "host:
 * ...". Others become flags of the server's command line.
 *
 * Threads: pure function.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_RUNNER_ERROR_H
#define LOADGEN_COMMAND_RUNNERS_RUNNER_ERROR_H

#include "common/err.h"

void runner_error_name(struct err *err);

#endif
