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
        int used = snprintf(one, sizeof one, "%s%s",
                            isalpha((unsigned char)*per) || *per < 0 ? "1" : "", per);
        ok = used < (int)sizeof one && duration_parse(one, &rate->per_ns, NULL) && rate->per_ns > 0;
    } else {
        ok = ok && *rest == '\0';
    }
    if (!ok) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a rate; write a whole number of requests, and for what time "
                       "if not a second: 50, 50/1s, 3000/m, or 0 for as fast as possible",
                       text);
    }
    return true;
}

uint64_t pacer_due_ns(struct rate rate, uint64_t k)
{
    uint64_t product = 0;
    if (!__builtin_mul_overflow(k, rate.per_ns, &product)) {
        return product / rate.count; /* a 64-bit division is several times cheaper */
    }
    return (uint64_t)((wide)k * rate.per_ns / rate.count);
}

uint64_t pacer_count(struct rate rate, uint64_t elapsed_ns)
{
    return (uint64_t)(((wide)elapsed_ns * rate.count + rate.per_ns - 1) / rate.per_ns);
}

uint64_t share_next(struct share share, uint64_t k)
{
    while (k % share.slots % share.threads != share.index) {
        k++;
    }
    return k;
}

/* Of the slots 0 to n-1, those of this thread. */
static uint64_t own_slots(struct share share, uint64_t n)
{
    return n > share.index ? (n - share.index + share.threads - 1) / share.threads : 0;
}

uint64_t share_count(struct share share, uint64_t n)
{
    return n / share.slots * own_slots(share, share.slots) + own_slots(share, n % share.slots);
}
