/*
 * course - carries an exchange from its first try to its end.
 *
 *     course_begin -> [dial] -> try -> answered ------------------------> done
 *                       ^        |        `-- redirect: another course_begin, or another engine
 *                       `- retry-+-- broken -----------------------------> done
 *
 * If a reused connection breaks before the first byte of the answer, the server was probably
 * closing it, and the request is tried again on a new connection. h1/engine.h has the conditions.
 *
 * `done` may be called from inside any of these functions, and may start the next exchange on the
 * same conn.
 *
 * Threads: belongs to the engine's thread. Memory: the bytes of hops, which the conn keeps.
 */
#ifndef LOADGEN_HTTP_H1_COURSE_H
#define LOADGEN_HTTP_H1_COURSE_H

#include "loadgen/http/h1/wire.h"

/*
 * Sends conn->request, after opening a connection if the conn has none. The conn must be in flight
 * with its exchange.
 */
void course_begin(struct conn *conn, uint64_t now_ns);

/* Like course_begin, for a hop; call course_make_hop_room first. */
void course_begin_hop(struct conn *conn, const struct redirect *hop);

/* Continues after a try that returned this state. */
void course_continue(struct conn *conn, enum try_state state);

/* Ends the exchange because no connection could be opened; `reason` may be "". */
void course_fail_dial(struct conn *conn, enum outcome outcome, int system_error,
                      const char *reason);

/* Ends the exchange as timed out. */
void course_time_out(struct conn *conn);

/* Allocates hop_bytes. False: out of memory. */
bool course_make_hop_room(struct conn *conn);

#endif
