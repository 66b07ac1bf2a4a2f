/*
 * listen - opens the listening socket of a HOST:PORT flag (common/http/side_port.h serves on it).
 *
 * Threads: set-up only.
 */
#ifndef LOADGEN_COMMAND_PROGRESS_LISTEN_H
#define LOADGEN_COMMAND_PROGRESS_LISTEN_H

#include <stdbool.h>

#include "common/err.h"
#include "common/http/listener.h"

/* Maximum connections of a side port; with evicted ones, at most twice as many are open. */
enum { LISTEN_CONNECTIONS = 32 };

/*
 * Listens on `text`: HOST:PORT, where HOST is a name, an IPv4 address or an IPv6 address in
 * brackets; an empty HOST means all IPv4 addresses. Port 0: any free port. ERR_USAGE or ERR_FAILED
 * with the remedy; may block while the name is resolved.
 */
bool listen_open(const char *text, struct listener *listener, struct err *err);

#endif
