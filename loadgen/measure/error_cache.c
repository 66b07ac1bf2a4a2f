#include "loadgen/measure/error_cache.h"

#include <stdbool.h>

#include "loadgen/base/hash.h"
#include "loadgen/measure/error_text.h"

/*
 * Contains only the fields that error_text_write reads. For a response, or a reason given by a
 * script, these are neither target nor address.
 */
static struct error_entry entry_of(const struct exchange *x)
{
    struct error_entry entry = {.reason = hash_text(HASH_START, x->reason)};
    if (error_text_is_given(x)) {
        return entry;
    }
    entry.outcome = (uint8_t)x->outcome;
    if (x->outcome == OUTCOME_ANSWERED) {
        entry.code = x->code;
        return entry;
    }
    entry.target = x->request->target;
    entry.address = x->address;
    entry.system_error = x->system_error;
    entry.progress = (uint8_t)((x->sent_ns != 0) + (x->first_byte_ns != 0));
    return entry;
}

static bool is_same(const struct error_entry *a, const struct error_entry *b)
{
    return a->reason == b->reason && a->target == b->target && a->address == b->address &&
           a->system_error == b->system_error && a->code == b->code && a->outcome == b->outcome &&
           a->progress == b->progress;
}

static uint64_t hash_entry(const struct error_entry *entry)
{
    uint64_t where = (uint64_t)entry->target << 32 | entry->address;
    uint64_t what = (uint64_t)(unsigned)entry->system_error << 32 | (uint64_t)entry->code << 16 |
                    (uint64_t)entry->outcome << 8 | entry->progress;
    return hash_number(hash_number(entry->reason, where), what);
}

/* The entry's slot, or the free one for it: half of the slots are always free. */
static struct error_entry *slot_of(struct error_cache *cache, const struct error_entry *entry)
{
    for (uint64_t i = hash_entry(entry);; i++) {
        struct error_entry *slot = &cache->slots[i % ERROR_CACHE_SLOTS];
        if (!slot->text || is_same(slot, entry)) {
            return slot;
        }
    }
}

const char *error_cache_find(struct error_cache *cache, const struct exchange *exchange,
                             const struct target *target, const struct address_list *addresses,
                             struct text_pool *pool)
{
    struct error_entry entry = entry_of(exchange);
    struct error_entry *slot = slot_of(cache, &entry);
    if (slot->text) {
        return slot->text;
    }
    if (cache->count == ERROR_CACHE_KINDS) {
        return text_pool_overflow;
    }
    char text[ERROR_TEXT_MAX];
    error_text_write(exchange, target, addresses, text);
    entry.text = text_pool_intern(pool, text);
    *slot = entry;
    cache->count++;
    return entry.text;
}
