/*
 * tallies - random results, and histograms and tallies that are equal.
 *
 * Threads: one. Memory: texts belong to the pool.
 */
#ifndef TESTS_SUPPORT_TALLIES_H
#define TESTS_SUPPORT_TALLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/base/random.h"
#include "loadgen/measure/tally.h"

/* Results of any outcome and row; more errors than the pool keeps, and times that are clipped. */
struct result tallies_random_result(struct random *random, struct text_pool *texts);

/* Compares values, whatever their number. */
bool histograms_are_equal(const struct histogram *a, const struct histogram *b);

/* Both or none have rows. Errors may be in another order, and kinds may have other examples. */
bool tallies_are_equal(const struct tally *a, const struct tally *b);

#endif
