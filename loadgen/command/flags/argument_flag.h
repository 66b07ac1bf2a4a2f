/*
 * argument_flag - the flag -arg, which passes arguments to a scenario (users/scenario/settings.h).
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_FLAGS_ARGUMENT_FLAG_H
#define LOADGEN_COMMAND_FLAGS_ARGUMENT_FLAG_H

#include <stddef.h>

#include "common/cli.h"

enum { ARGUMENT_FLAGS_MAX = 100 };

struct argument_flags {
    const char *list[ARGUMENT_FLAGS_MAX]; /* "NAME=VALUE" */
    size_t count;
};

cli_set_fn argument_flags_add; /* struct argument_flags */

#endif
