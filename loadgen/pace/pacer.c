#include "loadgen/pace/pacer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/pace/duration.h"

__extension__ typedef unsigned __int128 wide;

bool rate_set(void *field, const char *text, struct err *err)
{
    struct rate *rate = field;
    rate->count = 0;
    rate->per_ns = NS_PER_S;
    if (strcmp(text, "infinity") == 0) {
        return true;
    }
    char *rest = NULL;
    errno = 0;
    rate->count = isdigit((unsigned char)text[0]) ? strtoull(text, &rest, 10) : 0;
    bool ok = rest && errno == 0;
    if (ok && *rest == '/') {
        /* "100/s": a bare unit is one of it. */
        char one[DURATION_TEXT];
        const char *per = rest + 1;
        int used =
            snprintf(one, sizeof one, "%s%s",
                     isalpha((unsigned char)*per) || (unsigned char)*per >= 0x80 ? "1" : "", per);
        ok = used < (int)sizeof one && duration_parse(one, &rate->per_ns, NULL) && rate->per_ns > 0;
    } else {
        ok = ok && *rest == '\0';
    }
    if (ok && (wide)rate->count * NS_PER_S > (wide)RATE_MAX_PER_S * rate->per_ns) {
        return err_set(err, ERR_USAGE, "\"%s\" is over %d requests a second", text, RATE_MAX_PER_S);
    }
    if (!ok) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a rate; write a whole number of requests, and for what time "
                       "if not a second: 50, 50/1s, 3000/m, or 0 for as fast as possible",
                       text);
    }
    return true;
}

static uint64_t saturate(wide value)
{
    return value < UINT64_MAX ? (uint64_t)value : UINT64_MAX;
}

uint64_t pacer_due_ns(struct rate rate, uint64_t k)
{
    uint64_t product = 0;
    if (!__builtin_mul_overflow(k, rate.per_ns, &product)) {
        return product / rate.count; /* a 64-bit division is several times cheaper */
    }
    return saturate((wide)k * rate.per_ns / rate.count);
}

uint64_t pacer_count(struct rate rate, uint64_t elapsed_ns)
{
    return saturate(((wide)elapsed_ns * rate.count + rate.per_ns - 1) / rate.per_ns);
}

/* The slot of the first request of a cycle (Fibonacci hashing: neighbours land far apart). */
static uint64_t first_slot(struct share share, uint64_t cycle)
{
    return share.threads == 1 ? 0 : (cycle * UINT64_C(0x9E3779B97F4A7C15) >> 32) % share.slots;
}

/* Of the slots 0 to n-1, those of this thread. */
static uint64_t own_slots(struct share share, uint64_t n)
{
    return n > share.index ? (n - share.index + share.threads - 1) / share.threads : 0;
}

/* The first own slot at or after `slot`; may be past the last one. */
static uint64_t next_own_slot(struct share share, uint64_t slot)
{
    return slot + (share.index + share.threads - slot % share.threads) % share.threads;
}

uint64_t share_next(struct share share, uint64_t k)
{
    for (;;) {
        /* Places of a cycle are counted on from its first slot, and past the last one from slot 0.
         */
        uint64_t cycle = k / share.slots;
        uint64_t first = first_slot(share, cycle);
        uint64_t at = first + k % share.slots;
        uint64_t own = at < share.slots ? next_own_slot(share, at) : at;
        if (own >= share.slots) {
            uint64_t wrapped = at < share.slots ? 0 : at - share.slots;
            own = share.slots + next_own_slot(share, wrapped);
        }
        if (own < first + share.slots) {
            return k + (own - at);
        }
        k = (cycle + 1) * share.slots;
    }
}

uint64_t share_count(struct share share, uint64_t n)
{
    uint64_t cycles = n / share.slots;
    uint64_t first = first_slot(share, cycles);
    uint64_t end = first + n % share.slots;
    uint64_t wrapped = end > share.slots ? end - share.slots : 0;
    return cycles * own_slots(share, share.slots) + own_slots(share, end - wrapped) -
           own_slots(share, first) + own_slots(share, wrapped);
}
