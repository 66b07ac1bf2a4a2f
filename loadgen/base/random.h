/*
 * random - pseudo-random numbers, the same on every machine: SplitMix64 (Steele, Lea, Flood 2014),
 * which mixes the bits of a counter.
 *
 * Threads: a generator belongs to one thread. Memory: a plain value.
 */
#ifndef LOADGEN_BASE_RANDOM_H
#define LOADGEN_BASE_RANDOM_H

#include <stdint.h>

#define RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15)

struct random {
    uint64_t state;
};

/*
 * The same seed gives the same numbers; different seeds start at different points of one cycle of
 * 2^64 numbers.
 */
static inline struct random random_seeded(uint64_t seed)
{
    return (struct random){seed};
}

/*
 * The number that the n-th call of random_next returns for the generator random_seeded(seed); n
 * counts from 1.
 */
static inline uint64_t random_at(uint64_t seed, uint64_t n)
{
    uint64_t x = seed + n * RANDOM_STEP;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static inline uint64_t random_next(struct random *random)
{
    uint64_t number = random_at(random->state, 1);
    random->state += RANDOM_STEP;
    return number;
}

/* At least 0, and less than 1. */
static inline double random_fraction(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

/* At least 0, and less than n. n must be at least 1. */
static inline uint64_t random_below(struct random *random, uint64_t n)
{
    __extension__ unsigned __int128 product = (unsigned __int128)random_next(random) * n;
    return (uint64_t)(product >> 64);
}

#endif
