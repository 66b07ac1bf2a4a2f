/*
 * pacer - when each request of a constant rate is due.
 *
 * A pacer is pure arithmetic and reads no clock: request k, from 0, is due k * per / count after
 * the start. Latency counts from the due time, not from when a connection became free, so it
 * includes the delays that stalls of the server cause.
 *
 * Units: nanoseconds since the start of the run. Threads: pure functions.
 */
#ifndef LOADGEN_PACE_PACER_H
#define LOADGEN_PACE_PACER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* `count` requests per `per_ns`. count 0: as fast as the workers can (a closed loop). */
struct rate {
    uint64_t count;
    uint64_t per_ns;
};

enum { RATE_MAX_PER_S = 1000000000 };

/*
 * The setter of a flag (common/cli.h); the field is a struct rate. Parses "100", "100/1s" or
 * "6000/m"; "0" and "infinity" mean a closed loop. ERR_USAGE for anything else.
 */
bool rate_set(void *field, const char *text, struct err *err);

enum { RATE_HINT = 96 };

/*
 * For errors about decimal rates: prints the equivalent, as in "; 0.5/s is 1/2s". Prints "" if
 * `text` is not a decimal rate.
 */
const char *rate_hint(const char *text, char hint[RATE_HINT]);

/* When request k is due: floor(k * per / count), at most UINT64_MAX. The rate must not be 0. */
uint64_t pacer_due_ns(struct rate rate, uint64_t k);

/* The number of requests due before `elapsed_ns`: ceil(elapsed * count / per). */
uint64_t pacer_count(struct rate rate, uint64_t elapsed_ns);

#endif
