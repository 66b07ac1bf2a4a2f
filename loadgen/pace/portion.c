#include "loadgen/pace/portion.h"

void portion_init(struct portion *portion, const struct slots *slots, uint16_t first,
                  uint16_t threads)
{
    portion->count = 0;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint16_t owner = slots->owner[slot];
        if (owner >= first && owner - first < threads) {
            portion->slots[portion->count++] = (uint16_t)slot;
        }
    }
}

uint64_t portion_count(const struct portion *portion, uint64_t n)
{
    uint32_t rest = 0;
    while (rest < portion->count && portion->slots[rest] < n % SLOTS) {
        rest++;
    }
    return n / SLOTS * portion->count + rest;
}

uint64_t portion_at(const struct portion *portion, uint64_t index)
{
    return index / portion->count * SLOTS + portion->slots[index % portion->count];
}
