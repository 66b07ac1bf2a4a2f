/*
 * random - random numbers for tests (loadgen/base/random.h), also of any length.
 *
 *     struct random chance = random_seeded(1);
 *     size_t i = random_below(&chance, count);
 */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include "loadgen/base/random.h"

/* A number of up to `bits` bits: all lengths are equally likely, also 0. */
static inline uint64_t random_sized(struct random *random, unsigned bits)
{
    uint64_t length = random_below(random, bits + 1);
    return length ? random_next(random) >> (64 - length) : 0;
}

#endif
