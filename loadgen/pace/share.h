/*
 * share - the requests that one thread sends, in order.
 *
 *     share_init(&share, &slots, thread);
 *     for (k = share_seek(&share, 0); k != SHARE_END; k = share_next(&share)) { ... }
 *
 * This takes a few nanoseconds per request, however many threads there are: a thread opens only the
 * blocks of 64 requests in which it owns any (slots.h), and shuffles one 64-bit word to find them.
 *
 * Threads: a share belongs to one thread. Memory: plain values, without allocations.
 */
#ifndef LOADGEN_PACE_SHARE_H
#define LOADGEN_PACE_SHARE_H

#include <stdint.h>

#include "loadgen/pace/slots.h"

#define SHARE_END UINT64_MAX /* no request: the thread owns no slot */

/* All fields are private. */
struct share {
    uint64_t groups;              /* bit g: owns slots of group g */
    uint64_t group[SLOTS_GROUPS]; /* bit i of group g: owns slot SLOTS_GROUP * g + i */
    uint64_t blocks;              /* bit i: later block i of the cycle has requests of the thread */
    uint64_t block;               /* the current block */
    uint64_t requests;            /* bit i: the thread's request i of the block, not yet taken */
};

void share_init(struct share *share, const struct slots *slots, uint16_t thread);

/* The thread's first request from k on. share_next continues from there. */
uint64_t share_seek(struct share *share, uint64_t k);

/* The slow path of share_next. */
uint64_t share_open_next(struct share *share);

/* The thread's next request. */
static inline uint64_t share_next(struct share *share)
{
    uint64_t requests = share->requests;
    if (requests == 0) {
        return share_open_next(share);
    }
    share->requests = requests & (requests - 1);
    return share->block * SLOTS_GROUP + (uint64_t)__builtin_ctzll(requests);
}

/* The number of the thread's requests k with first <= k < end. */
uint64_t share_count(const struct share *share, uint64_t first, uint64_t end);

#endif
