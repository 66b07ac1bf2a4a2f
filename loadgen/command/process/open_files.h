/*
 * open_files - checks that the limit on open files allows a command's connections.
 *
 * Threads: set-up only.
 */
#ifndef LOADGEN_COMMAND_PROCESS_OPEN_FILES_H
#define LOADGEN_COMMAND_PROCESS_OPEN_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* `flags` of open_files_check if each user has its own connections. */
#define OPEN_FILES_USERS "-users, or set -shared-connections"

/* Files of a user's own connection through a proxy: libcurl needs two (http/curl/multi/lane.h). */
enum { OPEN_FILES_PROXIED = 3 };

/*
 * Raises the limit as far as permitted, and checks that it suffices for this many simultaneous
 * connections of `each` files, and the command's other files. ERR_FAILED if it does not; the error
 * names `flags`, which lower the number of connections.
 */
bool open_files_check(uint64_t connections, unsigned each, const char *flags, struct err *err);

#endif
