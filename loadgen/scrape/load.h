/*
 * load - the CPU use that a target's pods report over a series of scrapes (meter.h).
 *
 * Threads, memory: plain data; pure functions.
 */
#ifndef LOADGEN_SCRAPE_LOAD_H
#define LOADGEN_SCRAPE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_TEXT = 400 };

/* Sums over all pods and CPUs since the first scrape. */
#define LOAD_SUMS(X)                                                                               \
    X(cpu_known_ns) /* time for which the CPU time is known */                                     \
    X(cpu_ns)       /* CPU time used during that time */                                           \
    X(throttled_known_ns)                                                                          \
    X(throttled_ns) /* a lower bound */

struct load_sums {
#define X(name) uint64_t name;
    LOAD_SUMS(X)
#undef X
};

struct target_load {
    struct load_sums sums;
    bool has_cpu;     /* a pod reports its CPU time */
    double cpu_limit; /* in CPUs, sum of all pods; 0: a pod reports none */
    size_t pods;      /* in the last scrape; 0: there was none yet */
    size_t read;      /* pods of these that were read */
    uint64_t restarts;
    char problem[LOAD_TEXT]; /* the first pod that was not read, and why; "": all were read */
};

static inline struct load_sums load_since(const struct load_sums *then, const struct load_sums *now)
{
    return (struct load_sums){
#define X(name) .name = now->name - then->name,
        LOAD_SUMS(X)
#undef X
    };
}

#endif
