/*
 * side_port - a small HTTP server beside a command's own work: metrics for Prometheus, probes for
 * Kubernetes.
 *
 * It answers GET and HEAD, on 16 connections at most, and does nothing while nobody asks.
 *
 * Threads: opened and closed by one thread; it serves on one thread of its own, with all signals
 * blocked. Errors: ERR_USAGE or ERR_FAILED with the address and the remedy.
 */
#ifndef LOADGEN_COMMAND_SIDE_PORT_H
#define LOADGEN_COMMAND_SIDE_PORT_H

#include <microhttpd.h>

#include "common/err.h"
#include "loadgen/net/address.h"

/*
 * Makes the answer to a request for `path`; it is destroyed once it is sent. NULL closes the
 * connection. Called on the server's thread. *status is 200 before.
 */
typedef struct MHD_Response *side_port_fn(void *context, const char *path, unsigned *status);

struct side_port;

/*
 * Listens on `text`, HOST:PORT with a name, an IPv4 address or an IPv6 one in brackets; without a
 * host on all of IPv4. Port 0 is any free one: `where` says which it became. NULL: err is set.
 */
struct side_port *side_port_open(const char *text, side_port_fn *answer, void *context,
                                 struct address *where, struct err *err);

/* After it `answer` is not called again. NULL is allowed. */
void side_port_close(struct side_port *port);

#endif
