/*
 * pacing - the time or the slot of any request; the program itself only goes through them in order.
 *
 * Pure functions. Slots are found through the operations on sets that share.h uses.
 */
#ifndef TESTS_SUPPORT_PACING_H
#define TESTS_SUPPORT_PACING_H

#include <stdint.h>

#include "loadgen/pace/schedule.h"
#include "loadgen/pace/slots.h"

/* When request k is due. Recomputes all Poisson arrivals. */
static inline uint64_t pacing_due_ns(const struct schedule *schedule, uint64_t k)
{
    struct schedule_cursor cursor;
    schedule_begin(&cursor, schedule);
    return schedule_due(&cursor, k);
}

/* The slot of request k. */
static inline uint32_t pacing_slot(uint64_t k)
{
    uint64_t block = k / SLOTS_GROUP;
    uint32_t slot = 0;
    while (slots_requests(block, UINT64_C(1) << slot) != UINT64_C(1) << k % SLOTS_GROUP) {
        slot++;
    }
    return slots_group(block) * SLOTS_GROUP + slot;
}

/* The request that the slot gets in this cycle, which starts at request SLOTS * cycle. */
static inline uint64_t pacing_request(uint64_t cycle, uint32_t slot)
{
    uint64_t blocks = slots_blocks(cycle, UINT64_C(1) << slot / SLOTS_GROUP);
    uint64_t block = cycle * SLOTS_GROUPS + (uint64_t)__builtin_ctzll(blocks);
    uint64_t requests = slots_requests(block, UINT64_C(1) << slot % SLOTS_GROUP);
    return block * SLOTS_GROUP + (uint64_t)__builtin_ctzll(requests);
}

#endif
