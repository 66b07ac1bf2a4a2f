/*
 * closing - connections that an engine no longer needs, while they wait for the server to close
 * first.
 *
 * When a connection will carry no further request (`Connection: close`, or -keepalive=false), we
 * let the server close it first, so that TIME_WAIT occupies a port of the server, not ours. Until
 * then the connection is `closing`: in no pool, and not counted against any limit. We close it
 * after CLOSING_NS, or earlier: if descriptors run out, or if it is the oldest of CLOSING_MAX
 * closing connections when another one begins to close.
 *
 * Threads: belongs to the engine's thread. Memory: the owner embeds a struct flight (flights.h) in
 * its connection, which must not move while it is closing.
 */
#ifndef LOADGEN_HTTP_CLOSING_H
#define LOADGEN_HTTP_CLOSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/flights.h"

enum { CLOSING_MAX = 1000 };
#define CLOSING_NS UINT64_C(1000000000)

/* Start with zeroes, and set `close`. */
struct closing {
    void (*close)(struct closing *closing, struct flight *flight); /* closes the connection */
    struct flights flights; /* ordered by the time at which we close them */
    size_t count;
};

/* Call this when a connection begins to close. */
void closing_begin(struct closing *closing, struct flight *flight, uint64_t now_ns);

/* Closes the connection. */
void closing_end(struct closing *closing, struct flight *flight);

/* Closes the connections that have been closing for CLOSING_NS. */
void closing_expire(struct closing *closing, uint64_t now_ns);

/* Closes all connections in `closing`. True if there were any. */
bool closing_end_all(struct closing *closing);

/* When closing_expire must be called; UINT64_MAX: never. */
static inline uint64_t closing_deadline_ns(const struct closing *closing)
{
    return flights_deadline_ns(&closing->flights);
}

#endif
