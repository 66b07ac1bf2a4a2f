/*
 * client - runs this generator against a null server (loadgen/null_server).
 *
 * It has its own plan: GET over HTTP/1.1, no TLS, no proxy. Only the number of threads comes from
 * the user's plan.
 *
 * Threads: one; the functions call `run` on it. Memory: borrows the server and the control until
 * client_close.
 */
#ifndef LOADGEN_SELFTEST_CLIENT_H
#define LOADGEN_SELFTEST_CLIENT_H

#include <stdbool.h>

#include "loadgen/null_server/null_server.h"
#include "loadgen/run/run.h"
#include "loadgen/target/targets.h"

struct client {
    const struct null_server *server;
    const struct control *control;
    unsigned threads;
    struct targets targets;
    struct source source;
    bool is_interrupted;
};

/* The result of one run. The caller frees `summary` (summary_destroy); NULL if the run failed. */
struct client_run {
    struct summary *summary;
    uint64_t server_ns; /* CPU time of the null server */
};

bool client_open(struct client *client, const struct null_server *server, unsigned threads,
                 const struct control *control, struct err *err);
void client_close(struct client *client);

/* Both: false if the run failed (err is set) or was interrupted (ERR_NONE). */

/* Open loop: sends `rate` requests per second. */
bool client_send(struct client *client, double rate, uint64_t duration_ns, struct client_run *run,
                 struct err *err);

/* Closed loop: sends as fast as `workers` workers can. */
bool client_send_closed(struct client *client, unsigned workers, uint64_t duration_ns,
                        struct client_run *run, struct err *err);

#endif
