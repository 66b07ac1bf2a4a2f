/*
 * slots - which thread sends which request.
 *
 *     request k  ->  its slot, by a permutation of each cycle  ->  the thread that owns the slot
 *
 * A cycle is SLOTS requests in a row, and each slot gets one of them. So threads with equal numbers
 * of slots send equal numbers of requests, in one process or in many pods, without any
 * communication.
 *
 * Each cycle has its own permutation, a pure function of the cycle's number, so that every thread
 * sends to every target. It is a nested shuffle: at every level of a binary tree over the slots,
 * the two halves keep or swap their order, at random. Any aligned run of 2, 4, 8... requests
 * therefore goes to aligned neighboring slots, in random order. So a thread gets its share of the
 * requests over short runs of requests as well as over long ones. A block of 64 requests goes to a
 * group of 64 slots, so a set of slots is shuffled as one word (share.h).
 *
 * Each thread owns floor or ceil(SLOTS / threads) slots. The first m slots, for every m, are also
 * divided evenly: the threads' shares of them differ by at most 1 when slots are dealt for the
 * first time, and by at most 2 after changes. The same applies to m users, or to a cap of m
 * connections.
 *
 * If connections are capped below SLOTS, the connections are dealt to the threads instead, and the
 * slots to the connections in turn, so every connection gets the same share of the requests.
 * Threads above the cap own no slots.
 *
 * Threads: pure functions; a map that is shared does not change. Memory: plain values.
 */
#ifndef LOADGEN_PACE_SLOTS_H
#define LOADGEN_PACE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

enum {
    SLOTS = 4096,
    SLOTS_GROUP = 64,
    SLOTS_GROUPS = SLOTS / SLOTS_GROUP,
};

/* The group of slots that gets this block: requests 64 * block to 64 * block + 63. */
uint32_t slots_group(uint64_t block);

/*
 * Maps a set of groups (bit g: group g) to the blocks of this cycle that go to them (bit i: block
 * i).
 */
uint64_t slots_blocks(uint64_t cycle, uint64_t groups);

/* Maps a set of slots in the block's group to the requests of the block that go to these slots. */
uint64_t slots_requests(uint64_t block, uint64_t group);

/* The owner of each slot: a thread's number, unique among all threads of the run. */
struct slots {
    uint16_t owner[SLOTS];
};

/*
 * Deals the slots to these threads. Only the first min(cap, SLOTS) of them get any (UINT64_MAX: no
 * cap). `cap` and `count` are at least 1. `before` is the current map, whose owners keep all slots
 * except the few that must move; NULL: none. Threads that stay must keep their order in the list.
 */
void slots_deal(struct slots *slots, const struct slots *before, uint64_t cap,
                const uint16_t *threads, size_t count);

/*
 * Returns how many of n users or connections belong to this thread. User or connection i belongs to
 * the owner of slot i mod SLOTS.
 */
uint64_t slots_part(const struct slots *slots, uint16_t thread, uint64_t n);

#endif
