#include "loadgen/pace/slots.h"

#include <stdbool.h>
#include <string.h>

#include "loadgen/base/random.h"

/* Keys of blocks are hashes of their numbers, keys of cycles of these numbers. */
#define FIRST_CYCLE (UINT64_C(1) << 63)

static uint64_t key_of(uint64_t number)
{
    return random_at(0, number + 1);
}

static uint64_t key_of_cycle(uint64_t cycle)
{
    return key_of(FIRST_CYCLE + cycle);
}

/*
 * A key has a bit for each node of the tree over 64 places, at the last place of the node's left
 * half: places are the tree's leaves, in order. A bit that is set swaps the halves.
 */

/* Where the elements at these places go: halves are swapped from the smallest to the largest. */
static uint64_t shuffle_set(uint64_t set, uint64_t key)
{
    /* Bit 0 of each node whose halves have 1, 2, 4... places. */
    static const uint64_t nodes[] = {
        UINT64_C(0x5555555555555555), UINT64_C(0x1111111111111111), UINT64_C(0x0101010101010101),
        UINT64_C(0x0001000100010001), UINT64_C(0x0000000100000001), UINT64_C(0x0000000000000001),
    };
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t half = UINT32_C(1) << i;
        uint64_t swapped = key >> (half - 1) & nodes[i];
        uint64_t left = (swapped << half) - swapped; /* all places of the left halves */
        uint64_t unequal = (set >> half ^ set) & left;
        set ^= unequal ^ unequal << half;
    }
    return set;
}

/* The place of the element that shuffle_set moves here. */
static uint32_t unshuffle_place(uint32_t moved, uint64_t key)
{
    uint32_t place = 0;
    for (uint32_t half = SLOTS_GROUP / 2; half > 0; half /= 2) {
        place |= (moved & half) ^ (uint32_t)(key >> (place + half - 1) & 1) * half;
    }
    return place;
}

uint32_t slots_group(uint64_t block)
{
    return unshuffle_place((uint32_t)(block % SLOTS_GROUPS), key_of_cycle(block / SLOTS_GROUPS));
}

uint64_t slots_blocks(uint64_t cycle, uint64_t groups)
{
    return shuffle_set(groups, key_of_cycle(cycle));
}

uint64_t slots_requests(uint64_t block, uint64_t group)
{
    return shuffle_set(group, key_of(block));
}

uint64_t slots_part(const struct slots *slots, uint16_t thread, uint64_t n)
{
    uint64_t all = 0;
    uint64_t rest = 0;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        bool is_own = slots->owner[slot] == thread;
        all += is_own;
        rest += is_own && slot < n % SLOTS;
    }
    return n / SLOTS * all + rest;
}
