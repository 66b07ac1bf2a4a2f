/*
 * open_files - checks that the limit of open files allows a command's connections.
 *
 * Threads: set-up only.
 */
#ifndef LOADGEN_COMMAND_PROCESS_OPEN_FILES_H
#define LOADGEN_COMMAND_PROCESS_OPEN_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* The flags that lower the connections of users who have their own. */
#define OPEN_FILES_USERS "-users, or set -shared-connections"

/*
 * Raises the limit if it can, for this many connections at once and the command's other files.
 * ERR_FAILED if it stays too low; `flags` names those to lower.
 */
bool open_files_check(uint64_t connections, const char *flags, struct err *err);

#endif
