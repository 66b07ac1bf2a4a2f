#include "loadgen/web/access/tries.h"

#include "common/clock.h"

unsigned tries_add(struct tries *tries, uint64_t now_ns)
{
    uint64_t end_ns = tries->begin_ns + TRIES_S * NS_PER_S;
    if (tries->count == 0 || now_ns >= end_ns) {
        *tries = (struct tries){.begin_ns = now_ns, .count = 1};
        return 0;
    }
    if (tries->count < TRIES_MAX) {
        tries->count++;
        return 0;
    }
    return (unsigned)((end_ns - now_ns + NS_PER_S - 1) / NS_PER_S);
}
