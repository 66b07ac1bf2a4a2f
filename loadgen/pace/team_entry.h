/*
 * team_entry - the first epoch of a process that joins a run (team.h).
 *
 * Memory: plain values.
 */
#ifndef LOADGEN_PACE_TEAM_ENTRY_H
#define LOADGEN_PACE_TEAM_ENTRY_H

#include <stdint.h>

#include "loadgen/pace/epoch.h"

struct team_entry {
    struct epoch epoch; /* its slots are those of the team */
    uint64_t users;     /* of a closed loop, or the cap on requests in flight; UINT64_MAX: no cap */
    /* Of a scenario, unless a shape sets the number of users (then, `users` is UINT64_MAX): */
    uint64_t users_from; /* users when the epoch begins, on their way to `users` */
    double users_per_s;
};

#endif
