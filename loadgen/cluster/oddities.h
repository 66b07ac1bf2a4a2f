/*
 * oddities - workers whose own numbers are not like those of the others (outlier.h).
 *
 * Workers of one run send the same mix of requests to the same target. One that differs was
 * disturbed, or reaches the target in another way: its part of the merged numbers is about
 * something else. It is named before they are believed.
 *
 * Compared are latency (p50, p99), lag (p99), the share of the CPU limit that was used, and the
 * share of the time that the worker was throttled. Only workers that reported at least one second
 * and are not lost are compared.
 *
 * Threads: one. Memory: the caller's.
 */
#ifndef LOADGEN_CLUSTER_ODDITIES_H
#define LOADGEN_CLUSTER_ODDITIES_H

#include <stddef.h>

#include "loadgen/cluster/merge/merge.h"

/* What is compared. */
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

/* Finds at most `room` of them: measure by measure, each in the order of the workers. */
size_t oddities_find(const struct merge *merge, struct oddity *list, size_t room);

/* Prints "worker-3: latency p99 412ms, the median of all workers is 35ms". Returns `text`. */
const char *oddity_print(const struct merge *merge, const struct oddity *oddity,
                         char text[ODDITY_TEXT]);

#endif
