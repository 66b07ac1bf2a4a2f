/*
 * flights - the exchanges of an engine that have begun and not ended, oldest start first.
 *
 * All exchanges of a run have the same time-out, so the queue is also the timer: its oldest times
 * out first.
 *
 * Threads: belongs to the engine's. Memory: a flight is embedded in what flies, which stays where
 * it is meanwhile.
 */
#ifndef LOADGEN_HTTP_FLIGHTS_H
#define LOADGEN_HTTP_FLIGHTS_H

#include <stdint.h>

struct flight {
    struct flight *next; /* started later */
    struct flight *prev;
    uint64_t started_ns;
};

struct flights {
    struct flight *oldest; /* NULL: nothing is in flight */
    struct flight *newest;
};

/* Puts it behind those that started before or with it. Only a hop that another engine gave up is
 * older than the newest. */
void flights_add(struct flights *flights, struct flight *flight, uint64_t started_ns);
void flights_remove(struct flights *flights, struct flight *flight);

/* When the oldest one times out; UINT64_MAX: never. A time-out of 0 is none. */
static inline uint64_t flights_deadline_ns(const struct flights *flights, uint64_t timeout_ns)
{
    return flights->oldest && timeout_ns ? flights->oldest->started_ns + timeout_ns : UINT64_MAX;
}

#endif
