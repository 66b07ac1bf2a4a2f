/*
 * clock - CLOCK_MONOTONIC and CLOCK_REALTIME, in nanoseconds.
 *
 * Timestamps and durations use CLOCK_MONOTONIC. CLOCK_REALTIME is used only to date events, never
 * to measure durations.
 *
 * Nothing is cached: each call reads the clock, because a timestamp must be taken when its event
 * occurs.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static inline uint64_t clock_read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* CLOCK_MONOTONIC, in nanoseconds. */
static inline uint64_t clock_now_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* CLOCK_REALTIME, in nanoseconds since 1970. */
static inline uint64_t clock_wall_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

#endif
