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
 * Further files of `loadgen serve`: connections of its web server, and result files that it sends
 * over them (HTTP_FILES in web/http/server.h). The files of -data use the reserve for
 * -prometheus-addr, a flag that serve does not have.
 */
enum { OPEN_FILES_SERVE = 512 };

/*
 * Raises the limit as far as permitted, and checks that it suffices for this many simultaneous
 * connections with `each` files per connection, the files of every command, and `further` files.
 * ERR_FAILED if it does not; the error names `flags`, which lower the number of connections.
 */
bool open_files_check(uint64_t connections, unsigned each, unsigned further, const char *flags,
                      struct err *err);

#endif
