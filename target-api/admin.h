/*
 * admin - the second port: /livez, /readyz and /metrics, on a daemon and a thread of its own, so
 * that probes and scrapes answer however loaded the first port is.
 *
 * Threads: start and stop from one thread. Memory: what `admin_start` is given is borrowed until
 * admin_stop.
 */
#ifndef TARGET_API_ADMIN_H
#define TARGET_API_ADMIN_H

#include "common/err.h"
#include "target-api/exposition.h"
#include "target-api/listener.h"
#include "target-api/server.h"

struct admin;

/* Takes over the listener's socket, also when it fails. NULL: err is set. */
struct admin *admin_start(struct listener *listener, const struct server *server,
                          const struct exposition *exposition, struct err *err);

/* NULL is allowed. */
void admin_stop(struct admin *admin);

#endif
