/*
 * oddities - finds workers whose measurements differ from those of the others (outlier.h).
 *
 * All workers of a run send the same mix of requests to the same target. A worker that differs was
 * disturbed, or reaches the target in another way, so the merged results mix two different
 * situations. The report names such workers.
 *
 * The measures are latency (p50, p99), lag (p99), the used share of the CPU limit, and the share of
 * the time in which the worker was throttled. Only workers that reported at least one second and
 * are not lost are compared.
 *
 * Threads: one. Memory: the caller's.
 */
#ifndef LOADGEN_CLUSTER_ODDITIES_H
#define LOADGEN_CLUSTER_ODDITIES_H

#include <stddef.h>

#include "loadgen/cluster/merge/merge.h"

/* A measure that is compared. */
struct oddity_measure {
    const char *name; /* "latency p99" */
    enum { ODDITY_NS, ODDITY_SHARE } unit;
    double (*value)(const struct merge_worker *worker);
};

struct oddity {
    size_t worker; /* its index: merge_worker */
    const struct oddity_measure *measure;
    double value;
    double median; /* of all workers */
};

enum { ODDITY_TEXT = 192 };

/* Finds at most `room` oddities, sorted by measure, then by worker. */
size_t oddities_find(const struct merge *merge, struct oddity *list, size_t room);

/* Prints "latency p99 412ms (median of all workers 35ms)". Returns `text`. */
const char *oddity_print(const struct oddity *oddity, char text[ODDITY_TEXT]);

#endif
