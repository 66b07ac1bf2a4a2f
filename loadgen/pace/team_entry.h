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
};

#endif
