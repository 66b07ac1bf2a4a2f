/*
 * admin - the admin port: /livez, /readyz and /metrics.
 *
 * It has its own thread, so it answers even if the API port is overloaded.
 *
 * Threads: start and stop (side_port_stop) from one thread. Memory: borrows the exposition until
 * side_port_stop.
 */
#ifndef TARGET_API_ADMIN_H
#define TARGET_API_ADMIN_H

#include "common/err.h"
#include "common/http/side_port.h"
#include "target-api/exposition.h"

/* Takes over the listener's socket, even on failure. NULL: err is set. */
struct side_port *admin_start(struct listener *listener, struct exposition *exposition,
                              struct err *err);

#endif
