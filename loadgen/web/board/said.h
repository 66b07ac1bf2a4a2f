/*
 * said - log lines of the server about runs: their start, changes, stop and end, and which client
 * asked for them.
 *
 *     127.0.0.1 started a test: 4 users, 2 per second, for 1m30s, at http://127.0.0.1:5000
 *     127.0.0.1 changed the test: 9 users, 2 per second
 *     127.0.0.1 stopped the test
 *     the test has ended after 12s
 *
 * `client` is the address of the client, "a signal (loadgen stop)" or "a signal"; NULL: unknown.
 *
 * Threads: one at a time. Memory: no state.
 */
#ifndef LOADGEN_WEB_BOARD_SAID_H
#define LOADGEN_WEB_BOARD_SAID_H

#include "loadgen/web/board/lines.h"
#include "loadgen/web/board/runner.h"

void said_start(struct lines *lines, const char *client, const struct run_order *order);
void said_change(struct lines *lines, const char *client, const struct run_order *order);
void said_stop(struct lines *lines, const char *client);
void said_reset(struct lines *lines, const char *client);

/* `problem` NULL: without an error. */
void said_end(struct lines *lines, uint64_t elapsed_s, const struct err *problem);

#endif
