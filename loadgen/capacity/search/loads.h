/*
 * loads - classifies each load by its trials so far.
 *
 * A load is classified by the total durations of its good and its bad trials, as MLRsearch (RFC
 * 9971) does with an exceed ratio of 0.5 and no short trials. `enough` is the total trial duration
 * needed to classify a load:
 *
 *     total = max(good + bad, enough)
 *     lower   if 2 good >= total        not too high, even if the rest of `enough` were bad
 *     upper   if 2 bad > total          too high, even if the rest were good
 *     open    otherwise: repeat
 *
 * So a load is repeated until the majority is certain; a single bad trial does not make it `upper`.
 * With `enough` = 0 the trials so far decide; the search uses that to narrow the interval.
 *
 * Invalid trials are ignored. A load whose last LOADS_INVALID_MAX trials were all invalid is
 * blocked: the generator cannot measure it. Trials in which workers changed do not count for that,
 * because another trial of the same load can succeed.
 *
 * Threads, memory: plain data.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_LOADS_H
#define LOADGEN_CAPACITY_SEARCH_LOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/capacity/search/grid.h"
#include "loadgen/capacity/search/trial.h"

enum { LOADS_MAX = 512, LOADS_INVALID_MAX = 3 };

enum load_class { LOAD_OPEN, LOAD_LOWER, LOAD_UPPER };

struct load {
    int number; /* of the load (grid.h) */
    uint64_t good_ns, bad_ns;
    uint64_t longest_good_ns; /* length of the longest good trial */
    uint64_t shortest_bad_ns; /* length of the shortest bad trial; 0: none was bad */
    unsigned invalid_in_a_row;
};

/* The loads that were tried, in ascending order. */
struct loads {
    size_t count;
    struct load list[LOADS_MAX];
};

/* `count` is at most LOADS_MAX. */
void loads_collect(struct loads *loads, const struct grid *grid, const struct trial *trials,
                   size_t count);

enum load_class load_classify(const struct load *load, uint64_t enough_ns);

bool load_is_blocked(const struct load *load);

/* True if all good trials of the load were shorter than all bad ones, and there are both. */
bool load_is_overrated(const struct load *load);

#endif
