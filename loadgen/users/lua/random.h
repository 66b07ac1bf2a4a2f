/*
 * random - random numbers for scripts and for choosing tasks: SplitMix64 (Steele, Lea, Flood 2014).
 *
 * Threads: a generator belongs to one thread. Memory: a plain value.
 */
#ifndef LOADGEN_USERS_LUA_RANDOM_H
#define LOADGEN_USERS_LUA_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* The same seed gives the same numbers; different seeds give independent sequences. */
static inline struct random random_seeded(uint64_t seed)
{
    return (struct random){seed};
}

static inline uint64_t random_next(struct random *random)
{
    uint64_t x = random->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
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
