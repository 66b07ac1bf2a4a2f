/*
 * offset - the difference of two machines' clocks, from round trips.
 *
 *     here     asked                            returned
 *                   \                          /
 *     there          received ------- answered
 *
 * A round trip bounds the difference (there - here): between received - asked and answered -
 * returned. The offset is the middle of this interval. The uncertainty is half of its width, which
 * is the total travel time of both messages. Only the trip with the lowest uncertainty is used,
 * because the others were only delayed more. An offset whose uncertainty exceeds
 * OFFSET_UNCERTAINTY_MAX_NS is not usable.
 *
 * Drift is the change of the offset between two measurements. Each has its own trips.
 *
 * Times are in nanoseconds of each machine's CLOCK_MONOTONIC; the clocks start at different times.
 *
 * Threads: pure functions. Memory: plain values; an offset starts as zeroes.
 */
#ifndef LOADGEN_CLUSTER_OFFSET_H
#define LOADGEN_CLUSTER_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

#define OFFSET_UNCERTAINTY_MAX_NS (50 * NS_PER_MS)

struct offset_trip {
    uint64_t asked_ns;    /* here, just before the request was sent */
    uint64_t received_ns; /* there, when the request arrived */
    uint64_t answered_ns; /* there, just before the answer was sent */
    uint64_t returned_ns; /* here, when the answer arrived */
};

struct offset {
    int64_t ahead_ns;        /* how far the other clock is ahead of ours: there - here */
    uint64_t uncertainty_ns; /* the maximum error of ahead_ns */
    uint64_t at_ns;          /* the middle of the best trip, on our clock */
    uint32_t trips;          /* counted trips; 0: the offset is unknown */
};

/* Counts a trip. False: it is impossible (it ends before it begins, or took longer there than
 * here) or over an hour long, and is not counted. */
bool offset_add(struct offset *offset, const struct offset_trip *trip);

/* True if trips were counted and the uncertainty is at most OFFSET_UNCERTAINTY_MAX_NS. */
bool offset_is_usable(const struct offset *offset);

/* The same moment on the other clock, limited to the range of uint64_t. */
uint64_t offset_to_there(const struct offset *offset, uint64_t here_ns);
uint64_t offset_to_here(const struct offset *offset, uint64_t there_ns);

struct offset_drift {
    int64_t change_ns;       /* of ahead_ns, from the first measurement to the second */
    uint64_t uncertainty_ns; /* the sum of both */
    uint64_t span_ns;        /* between the measurements */
};

/* Zeroes if either offset is unknown. */
struct offset_drift offset_drift(const struct offset *first, const struct offset *second);

/* True if the change is larger than its uncertainty. */
bool offset_drift_is_certain(const struct offset_drift *drift);

#endif
