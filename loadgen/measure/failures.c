#include "loadgen/measure/failures.h"

#include <string.h>

#include "loadgen/base/hash.h"
#include "loadgen/base/least.h"

void failures_clear(struct failures *failures)
{
    if (failures->count > 0) {
        memset(failures->slots, 0, sizeof failures->slots);
    }
    failures->count = 0;
    failures->unlisted = 0;
}

/* The slot of this pair, or the free one for it: half of the slots are always free. */
static uint16_t *slot_of(struct failures *failures, uint16_t row, const char *text)
{
    for (uint64_t i = hash_number(hash_number(HASH_START, (uintptr_t)text), row);; i++) {
        uint16_t *slot = &failures->slots[i % FAILURES_SLOTS];
        const struct failure *entry = *slot ? &failures->list[*slot - 1] : NULL;
        if (!entry || (entry->row == row && entry->text == text)) {
            return slot;
        }
    }
}

void failures_add(struct failures *failures, const struct failure *more)
{
    uint16_t *slot = slot_of(failures, more->row, more->text);
    if (*slot) {
        struct failure *entry = &failures->list[*slot - 1];
        entry->count += more->count;
        entry->first_ns = least(entry->first_ns, more->first_ns);
        entry->last_ns = most(entry->last_ns, more->last_ns);
    } else if (failures->count < FAILURES_MAX) {
        failures->list[failures->count++] = *more;
        *slot = (uint16_t)failures->count;
    } else {
        failures->unlisted += more->count;
    }
}

void failures_merge(struct failures *into, const struct failures *from)
{
    for (size_t i = 0; i < from->count; i++) {
        failures_add(into, &from->list[i]);
    }
    into->unlisted += from->unlisted;
}
