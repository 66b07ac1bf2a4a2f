/*
 * tallies - random results, and histograms and tallies that are equal.
 *
 * Threads: one. Memory: texts belong to the pool.
 */
#ifndef TESTS_SUPPORT_TALLIES_H
#define TESTS_SUPPORT_TALLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/tally.h"

/* A number below `below`; `seed` is the generator's state. */
uint64_t tallies_random(uint64_t *seed, uint64_t below);

/* Results of any outcome and row; more errors than the pool keeps, and times that are clipped. */
struct result tallies_random_result(uint64_t *seed, struct text_pool *texts);

/* The same values, whether they are few or not. */
bool histograms_are_equal(const struct histogram *a, const struct histogram *b);

/* Both have rows, or neither. Errors may have another order, and kinds another example. */
bool tallies_are_equal(const struct tally *a, const struct tally *b);

#endif
