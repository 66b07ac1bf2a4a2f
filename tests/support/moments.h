/*
 * moments - all due times of a schedule, for tests that look at it as a whole.
 *
 * For Check's tests: a failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_MOMENTS_H
#define TESTS_SUPPORT_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/pace/schedule.h"

/* All moments, in their order. Returns how many; there must be room. */
size_t moments_of(const struct schedule *schedule, uint64_t *moments, size_t room);

/* How many of them come before t_ns. */
size_t moments_before(const uint64_t *moments, size_t count, uint64_t t_ns);

#endif
