/*
 * clock - CLOCK_MONOTONIC and CLOCK_REALTIME, in nanoseconds.
 *
 * Timestamps and durations use CLOCK_MONOTONIC. It starts when the machine boots, but a process can
 * join a run that began earlier, on other machines. So our timestamps are CLOCK_MONOTONIC plus
 * CLOCK_BIAS_NS: moments of the last 400 days are positive numbers. CLOCK_REALTIME is used only to
 * date events, never to measure durations.
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

#define CLOCK_BIAS_NS (UINT64_C(400) * 24 * 3600 * NS_PER_S)

static inline uint64_t clock_read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* CLOCK_MONOTONIC plus CLOCK_BIAS_NS, in nanoseconds. */
static inline uint64_t clock_now_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC) + CLOCK_BIAS_NS;
}

/* The same moment for the system's calls that wait until a time of CLOCK_MONOTONIC. */
static inline struct timespec clock_system_time(uint64_t at_ns)
{
    uint64_t system_ns = at_ns > CLOCK_BIAS_NS ? at_ns - CLOCK_BIAS_NS : 0;
    return (struct timespec){.tv_sec = (time_t)(system_ns / NS_PER_S),
                             .tv_nsec = (long)(system_ns % NS_PER_S)};
}

/* CLOCK_REALTIME, in nanoseconds since 1970. */
static inline uint64_t clock_wall_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

#endif
