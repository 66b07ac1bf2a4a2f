/*
 * sizing - uses the result of a capacity search to compute how many pods a rate needs.
 *
 *     per pod = capacity / pods that served it
 *     pods    = rate / (per pod * (1 - headroom)), rounded up, at least 1
 *
 * Headroom is the fraction of each pod's capacity that is unused at that rate. The number of pods
 * that served the capacity comes from the target's metrics (loadgen/scrape/account.h) in the last
 * good trial at the capacity.
 *
 * Threads, memory: a pure function; `remarks` is borrowed from the report.
 */
#ifndef LOADGEN_CAPACITY_COMPARE_SIZING_H
#define LOADGEN_CAPACITY_COMPARE_SIZING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/capacity/search/search.h"

#define SIZING_PODS_MAX 1e9

struct sizing {
    uint64_t pods;
    double capacity;     /* as measured, per second */
    uint64_t served_by;  /* pods that served `capacity` */
    bool is_assumed;     /* the result does not give served_by; it is assumed to be 1 */
    double per_pod;      /* capacity of one pod, per second */
    double load;         /* of one pod at the rate, as a fraction of its capacity */
    bool is_lower_bound; /* the capacity may be higher, and the number of pods lower */
    enum search_verdict verdict;
    const json_t *remarks; /* on the target, in the trial that gave served_by; NULL: none */
};

/*
 * `rate`: requests per second. `headroom`: from 0 to below 1. ERR_FAILED if the result has no rate
 * that met the SLO, or if more than SIZING_PODS_MAX pods are needed.
 */
bool sizing_make(struct sizing *sizing, const json_t *report, double rate, double headroom,
                 struct err *err);

#endif
