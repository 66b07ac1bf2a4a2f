/*
 * wire - a try: sends a request and receives its answer, on an open connection.
 *
 *     wire_begin, then at each event wire_send or wire_receive, while they return TRY_GOES_ON
 *
 * Timestamps and counts go into the exchange as they happen.
 *
 * Threads: belongs to the engine's thread. Memory: none.
 */
#ifndef LOADGEN_HTTP_H1_WIRE_H
#define LOADGEN_HTTP_H1_WIRE_H

#include "loadgen/http/h1/h1.h"

enum try_state {
    TRY_GOES_ON,
    TRY_ANSWERED, /* exchange.code, exchange.done_ns and conn->after are set */
    TRY_BROKEN,   /* outcome, system_error and reason in the exchange say why */
};

/* Sends conn->request; read sent_ns from the clock just before the call. */
enum try_state wire_begin(struct conn *conn, uint64_t sent_ns);

/* Call this when the connection is writable: sends the rest of the request, if any. */
enum try_state wire_send(struct conn *conn);

/*
 * Call this when the connection is readable. Reads what has arrived, up to a limit, so that timers
 * and other connections are not delayed. is_closing: the peer has closed its side.
 */
enum try_state wire_receive(struct conn *conn, bool is_closing);

#endif
