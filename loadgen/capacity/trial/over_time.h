/*
 * over_time - how latency changed during a trial, for its record.
 *
 *     over_time_begin(&over_time, duration_ns)   before the trial
 *     over_time_add(&over_time, second)          in its observer, once a second
 *     over_time_to_json(&over_time)              after it
 *
 * A trial has at most OVER_TIME_MAX intervals, however long it is. An interval is one or more
 * seconds long; all have the same width, except the last. A request belongs to the second in which
 * it ended. The drain after the planned time has intervals too.
 *
 * Threads: the observer's. Memory: zero the struct before over_time_begin; `latency` allocates up
 * to 288 KiB (histogram_fini); the JSON is the caller's.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_OVER_TIME_H
#define LOADGEN_CAPACITY_TRIAL_OVER_TIME_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/binary/journal.h"
#include "loadgen/measure/histogram.h"

enum { OVER_TIME_MAX = 64 };

struct over_time_interval {
    uint64_t from_s, to_s; /* since the start of the trial */
    uint64_t requests;     /* requests that ended in the interval */
    uint64_t failures;     /* how many of them failed */
    uint64_t p50_ns, p99_ns, max_ns;
};

struct over_time {
    uint64_t width_s;
    size_t count;
    struct over_time_interval list[OVER_TIME_MAX];
    struct histogram latency; /* of the last interval */
};

void over_time_begin(struct over_time *over_time, uint64_t duration_ns);

/* Call this for each second, in order. Only `latency` allocates, once (histogram.h). */
void over_time_add(struct over_time *over_time, const struct second *second);

/* A list, as in docs/capacity.schema.json. */
json_t *over_time_to_json(const struct over_time *over_time);

#endif
