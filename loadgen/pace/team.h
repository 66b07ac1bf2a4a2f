/*
 * team - the threads that take part in a run, in all its processes.
 *
 *     numbers of all threads   0 1 2 | 3 4 5 6 | 7 8
 *     this process                     first = 3, threads = 4, all = 9
 *
 * A thread's number says which slots it owns (slots.h), so no two threads of a run may have the
 * same one. A process that runs an order alone has all threads: plan_team (order/plan.h).
 *
 * A process that joins a run later begins with an epoch that the others have published
 * (team_entry.h). It gets that epoch and later ones, but no earlier ones.
 *
 * Memory: plain values; `entry` is borrowed.
 */
#ifndef LOADGEN_PACE_TEAM_H
#define LOADGEN_PACE_TEAM_H

#include <stdint.h>

#include "loadgen/pace/slots.h"

struct team_entry;

struct team {
    struct slots slots;             /* the number of the thread that owns each slot */
    uint16_t first;                 /* number of this process's first thread */
    uint16_t threads;               /* of this process; their numbers are consecutive */
    uint16_t all;                   /* exclusive upper bound of the numbers of all threads */
    const struct team_entry *entry; /* NULL: this process begins with the run */
};

#endif
