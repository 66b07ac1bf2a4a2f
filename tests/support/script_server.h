/*
 * script_server - an HTTP/1.1 server that follows a script (script.h) and counts what it does.
 *
 * It listens on 127.0.0.1, on a port that the kernel chooses, and answers on one thread of the test
 * process. Tests compare its counters with the report of the load generator.
 *
 *     static const struct script_step fast = {.body_bytes = 15};
 *     static const struct script script = {.steps = &fast, .step_count = 1,
 *                                          .stall_at_ms = 500, .stall_ms = 1000};
 *     struct script_server *server = script_server_start(&script, &err);
 *     ... drive http://127.0.0.1:<script_server_port(server)>/ ...
 *     struct script_counts truth = script_server_stop(server);
 *
 * It reads headers of at most 16 KiB, and bodies with a Content-Length. It ignores paths, refuses
 * chunked bodies, and answers a HEAD without a body. Pipelined requests are answered one after the
 * other. A request whose client closes or shuts down its side before the answer is sent counts as
 * abandoned.
 *
 * Delays are at least as long as the script says, measured on CLOCK_MONOTONIC from the last byte of
 * the request. On a busy machine they are longer.
 *
 * Threads: start and stop belong to one thread of the test; the server's own thread blocks all
 *          signals. The counters are returned by stop, after that thread has ended.
 * Memory:  the script, its steps and its strings are borrowed until stop; stop frees the rest.
 * Failure: start returns NULL and sets err. Later, connections that cannot be accepted, such as for
 *          lack of descriptors in the test process, are missing in the counters.
 */
#ifndef TESTS_SUPPORT_SCRIPT_SERVER_H
#define TESTS_SUPPORT_SCRIPT_SERVER_H

#include <stdint.h>

#include "common/err.h"
#include "tests/support/script.h"

/* requests = answers + broken + abandoned, always. */
struct script_counts {
    uint64_t connections;      /* accepted */
    uint64_t connections_peak; /* open at the same time */
    uint64_t requests;         /* received to the last byte of the body */
    uint64_t answers;          /* complete, and handed to the kernel to the last byte */
    uint64_t broken;           /* steps that make no complete answer: cut, missing, raw, silence */
    uint64_t
        abandoned; /* the client left, or the server was stopped, before the answer was complete */
    uint64_t refused;       /* connections closed for a request that this server cannot read */
    uint64_t stall_from_ns; /* CLOCK_MONOTONIC; 0: no stall was asked for, or no request came */
    uint64_t stall_until_ns;
};

struct script_server;

/* Listens and starts the thread. Clients can connect as soon as this returns. */
struct script_server *script_server_start(const struct script *script, struct err *err);

uint16_t script_server_port(const struct script_server *server);

/* Closes every connection, ends the thread and frees the server. Returns the counters. */
struct script_counts script_server_stop(struct script_server *server);

#endif
