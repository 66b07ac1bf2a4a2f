/*
 * side_port - a small HTTP server that a program runs in the background, for Kubernetes' probes and
 * Prometheus' scrapes.
 *
 * It answers GET and HEAD. At the limit of `connections`, a new connection evicts an old one
 * (connection_lru.h), so silent clients cannot block others. A request with an ambiguous head
 * (head.h) is rejected, and its connection is closed. Connections idle for 120 s are closed.
 *
 * Threads: start and stop from one thread; a separate thread, which blocks all signals, serves the
 * requests.
 */
#ifndef COMMON_HTTP_SIDE_PORT_H
#define COMMON_HTTP_SIDE_PORT_H

#include <microhttpd.h>
#include <stddef.h>

#include "common/err.h"
#include "common/http/listener.h"

struct side_port;

/*
 * Called on the server's thread for every request, whatever its method. Returns the response to a
 * GET of `path`; the server destroys it. NULL closes the connection. *status is 200 unless changed.
 */
typedef struct MHD_Response *side_port_fn(void *context, const char *path, unsigned *status);

/*
 * Serves on the listener's socket and takes ownership of it, even on failure. At most 2 *
 * `connections` are open, including evicted ones. NULL: err is set.
 */
struct side_port *side_port_start(struct listener *listener, size_t connections,
                                  side_port_fn *answer, void *context, struct err *err);

/* Stops the server. `answer` is not called after this returns. NULL is allowed. */
void side_port_stop(struct side_port *port);

/* A plain-text response; `text` is a constant. NULL: out of memory. */
struct MHD_Response *side_port_text(const char *text);

/*
 * A page in Prometheus' text format 0.0.4; `mode` says who frees `text`. NULL: out of memory; the
 * caller keeps `text`.
 */
struct MHD_Response *side_port_metrics(char *text, size_t length, enum MHD_ResponseMemoryMode mode);

#endif
