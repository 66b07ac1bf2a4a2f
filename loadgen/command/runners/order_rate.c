#include "loadgen/command/runners/order_rate.h"

#include <math.h>

#include "common/clock.h"

enum { SCALE = 1000 };

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool order_rate(const char *field, double per_s, struct rate *rate, struct err *err)
{
    if (!(per_s >= 1.0 / SCALE && per_s <= RATE_MAX_PER_S)) {
        return err_set(err, ERR_USAGE, "%s: expected a number per second from %g to %d", field,
                       1.0 / SCALE, RATE_MAX_PER_S);
    }
    uint64_t count = (uint64_t)llround(per_s * SCALE);
    uint64_t divisor = greatest_divisor(count, SCALE);
    *rate = (struct rate){count / divisor, SCALE / divisor * NS_PER_S};
    return true;
}

double order_rate_per_s(const struct rate *rate)
{
    if (rate->per_ns == 0) {
        return 0;
    }
    double per_s = (double)rate->count * (double)NS_PER_S / (double)rate->per_ns;
    return fmax(round(per_s * SCALE) / SCALE, 1.0 / SCALE);
}
