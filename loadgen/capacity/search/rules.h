/*
 * rules - derives the width of a search and the length of its trials from the SLO.
 *
 *     width       2%; quick: 5%
 *     a trial     10 s; quick: 5 s. At least 2 * largest latency limit / width, rounded up to
 *                 seconds: at a rate one width too high, the delay in the target's queue reaches
 *                 the limit after half that time. A much shorter trial would overstate the
 *                 capacity
 *     requests    for a percentile p, the least n with p^n <= 1%: 459 for p99, 4,603 for p99.9;
 *                 for a limit on errors, twice its inverse, so that one error does not decide:
 *                 2,000 for 0.1%. For a criterion of one target, only its requests count
 *     decision    the duration of six ordinary trials classifies a load (loads.h); quick: four
 *     minimum     the rate at which the required requests take 60 s, rounded up to an integer
 *
 * Threads, memory: pure functions.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_RULES_H
#define LOADGEN_CAPACITY_SEARCH_RULES_H

#include <stdbool.h>

#include "loadgen/capacity/search/search.h"
#include "loadgen/target/targets.h"
#include "loadgen/verdict/slo.h"

/*
 * `targets` may be NULL: the share of each row is then unknown, and each is assumed to be 100%.
 * `trial_ns` replaces the 10 s or 5 s unless it is 0.
 */
struct search_options rules_make(const struct slo *slo, const struct targets *targets,
                                 uint64_t trial_ns, bool is_quick);

#endif
