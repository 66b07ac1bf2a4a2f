#include "loadgen/scrape/growth.h"

#include <stddef.h>

double growth_value(const struct reading *reading, enum reading_value value)
{
    return reading && reading->has[value] ? reading->values[value] : -1;
}

bool growth_has_restarted(const struct reading *before, const struct reading *after)
{
    static const enum reading_value counters[] = {READING_SERVED, READING_CPU_SECONDS};
    double start = growth_value(before, READING_START_SECONDS);
    double now = growth_value(after, READING_START_SECONDS);
    bool has_fallen = false;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        has_fallen =
            has_fallen || (growth_value(after, counters[i]) >= 0 &&
                           growth_value(after, counters[i]) < growth_value(before, counters[i]));
    }
    return before && (has_fallen || (start >= 0 && now > start));
}

double growth_of(const struct reading *before, const struct reading *after,
                 enum reading_value value)
{
    double now = growth_value(after, value);
    double then = growth_value(before, value);
    bool is_new = growth_has_restarted(before, after) || then < 0 || then > now;
    return now < 0 || is_new ? now : now - then;
}
