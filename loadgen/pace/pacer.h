/*
 * pacer - when each request is meant to be sent.
 *
 * A pacer is pure arithmetic on the number of the request: request k, from 0, is due k * per /
 * count after the start. It never reads a clock, so tests need none. Latency counts from the moment
 * that it names and not from when a connection was free, which is what keeps a stalled server
 * visible.
 *
 * A share says which of the requests are one thread's. With a cap on connections every connection
 * gets the same part of the schedule, and so a thread as much as it has connections: every cycle of
 * `slots` requests goes once round the slots, and slot s belongs to thread (s mod threads). Each
 * cycle begins at another slot, chosen by hashing its number: were it always the same one, a thread
 * could meet the same of several targets for ever. Without a cap there are as many slots as
 * threads.
 *
 * Units: nanoseconds since the start of the run. Threads, memory: pure functions, plain values.
 */
#ifndef LOADGEN_PACE_PACER_H
#define LOADGEN_PACE_PACER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* `count` requests each `per_ns`. count 0: as fast as the workers can (a closed loop). */
struct rate {
    uint64_t count;
    uint64_t per_ns;
};

enum { RATE_MAX_PER_S = 1000000000 };

/*
 * Parses "100", "100/1s", "6000/m"; "0" and "infinity" are the closed loop. Has the form of a
 * flag's setter (common/cli.h); the field is a struct rate. ERR_USAGE when it is anything else.
 */
bool rate_set(void *field, const char *text, struct err *err);

/* The moment at which request k is due: floor(k * per / count), at most UINT64_MAX. The rate is not
 * 0. */
uint64_t pacer_due_ns(struct rate rate, uint64_t k);

/* How many requests are due before `elapsed_ns`: ceil(elapsed * count / per), rate times duration.
 */
uint64_t pacer_count(struct rate rate, uint64_t elapsed_ns);

struct share {
    uint64_t slots; /* all threads together; at least `threads` */
    uint64_t threads;
    uint64_t index; /* this thread, from 0 */
};

/* The first request of this share whose number is at least k. */
uint64_t share_next(struct share share, uint64_t k);

/* How many of the first n requests are this share's. */
uint64_t share_count(struct share share, uint64_t n);

#endif
