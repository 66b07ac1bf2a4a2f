/*
 * account - computes what a load cost the target, as JSON: the difference between its metrics
 * before and after the load.
 *
 * docs/capacity.schema.json lists the keys (under "target"). Counters are differences; for a pod
 * that restarted or is new, they count from its start. Memory is the larger of the two values.
 * Values that no page has are null.
 *
 * Remarks are sentences that give reasons to doubt the numbers:
 *
 *     served < answered                         a pod is missing, or something else sent answers
 *     served > started + retried + redirected   other clients sent requests
 *     no pod reports how many requests it served
 *     a pod served at least ACCOUNT_UNEVEN times the mean
 *     a pod could not be read, disappeared or restarted, or one of its processes ran out of memory
 *
 * The first three remarks are made only if all pods were read and none disappeared or restarted.
 *
 * Threads: pure functions. Memory: the JSON is the caller's.
 */
#ifndef LOADGEN_SCRAPE_ACCOUNT_H
#define LOADGEN_SCRAPE_ACCOUNT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "loadgen/scrape/scrape.h"

#define ACCOUNT_UNEVEN 1.5

/* The generator's counts between the two readings. */
struct account_sent {
    uint64_t answered;
    uint64_t tried; /* started + retried + redirected */
};

/* NULL if out of memory. */
json_t *account_make(const struct scrape *before, const struct scrape *after,
                     const struct account_sent *sent);

/* The number of pods that served requests; 0: not known. */
size_t account_count_servers(const json_t *account);

/* Prints the lines of a text report: the cost of a request, and the pods. */
void account_print(const json_t *account, FILE *out);

#endif
