#include "loadgen/capacity/search/rest.h"

#include <stdbool.h>

/* True if this rate, or a higher one, was good in any trial. */
static bool was_good(const struct trial *trials, size_t count, double rate)
{
    for (size_t i = 0; i < count; i++) {
        if (trials[i].outcome == TRIAL_GOOD && trials[i].rate >= rate) {
            return true;
        }
    }
    return false;
}

uint64_t rest_ns(uint64_t trial_ns, const struct trial *trials, size_t count)
{
    int relapses = 0;
    if (count == 0 || trials[count - 1].outcome != TRIAL_BAD) {
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        if (trials[i].outcome == TRIAL_BAD && was_good(trials, count, trials[i].rate)) {
            relapses += trials[i - 1].outcome == TRIAL_BAD ? 1 : -1;
        }
    }
    if (relapses > REST_RELAPSES_MAX) {
        relapses = REST_RELAPSES_MAX;
    }
    return relapses > 0 ? (uint64_t)relapses * trial_ns / 2 : 0;
}
