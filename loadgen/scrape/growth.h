/*
 * growth - how far a pod's values rose between two readings of its metrics.
 *
 * A counter that fell was reset by a restart of the pod; its growth is then its value since that
 * start. Unknown values are negative. A reading may be NULL: there is none.
 *
 * Threads, memory: pure functions.
 */
#ifndef LOADGEN_SCRAPE_GROWTH_H
#define LOADGEN_SCRAPE_GROWTH_H

#include <stdbool.h>

#include "loadgen/scrape/reading.h"

double growth_value(const struct reading *reading, enum reading_value value);

/* True if the pod restarted between the two readings. */
bool growth_has_restarted(const struct reading *before, const struct reading *after);

/* The growth of a counter; since the start of the pod if it restarted or has no reading before. */
double growth_of(const struct reading *before, const struct reading *after,
                 enum reading_value value);

#endif
