#include "loadgen/pace/share.h"

#include <string.h>

void share_init(struct share *share, const struct slots *slots, uint16_t thread)
{
    memset(share, 0, sizeof *share);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t group = slot / SLOTS_GROUP;
        uint64_t is_own = slots->owner[slot] == thread;
        share->group[group] |= is_own << slot % SLOTS_GROUP;
        share->groups |= is_own << group;
    }
}

/* The own requests of a block. */
static uint64_t requests_of(const struct share *share, uint64_t block)
{
    return slots_requests(block, share->group[slots_group(block)]);
}

/* The bits from `bit` on; bit <= 63. */
static uint64_t bits_from(uint64_t bit)
{
    return UINT64_MAX << bit;
}

uint64_t share_open_next(struct share *share)
{
    if (share->groups == 0) {
        return SHARE_END;
    }
    uint64_t cycle = share->block / SLOTS_GROUPS;
    if (share->blocks == 0) {
        cycle++;
        share->blocks = slots_blocks(cycle, share->groups);
    }
    share->block = cycle * SLOTS_GROUPS + (uint64_t)__builtin_ctzll(share->blocks);
    share->blocks &= share->blocks - 1;
    share->requests = requests_of(share, share->block);
    return share_next(share);
}

uint64_t share_seek(struct share *share, uint64_t k)
{
    share->block = k / SLOTS_GROUP;
    uint64_t after = share->block % SLOTS_GROUPS + 1;
    uint64_t blocks = slots_blocks(share->block / SLOTS_GROUPS, share->groups);
    share->blocks = after < SLOTS_GROUPS ? blocks & bits_from(after) : 0;
    share->requests = requests_of(share, share->block) & bits_from(k % SLOTS_GROUP);
    return share_next(share);
}

/* The number of own requests of the cycle that `end` is in, before `end`. */
static uint64_t count_in_cycle(const struct share *share, uint64_t end)
{
    uint64_t block = end / SLOTS_GROUP;
    uint64_t count = 0;
    for (uint64_t b = block - block % SLOTS_GROUPS; b < block; b++) {
        count += (uint64_t)__builtin_popcountll(share->group[slots_group(b)]);
    }
    uint64_t rest = ~bits_from(end % SLOTS_GROUP);
    return count + (uint64_t)__builtin_popcountll(requests_of(share, block) & rest);
}

uint64_t share_count(const struct share *share, uint64_t first, uint64_t end)
{
    uint64_t slots = 0;
    for (uint32_t group = 0; group < SLOTS_GROUPS; group++) {
        slots += (uint64_t)__builtin_popcountll(share->group[group]);
    }
    return (end / SLOTS - first / SLOTS) * slots + count_in_cycle(share, end) -
           count_in_cycle(share, first);
}
