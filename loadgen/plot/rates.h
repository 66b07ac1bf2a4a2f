/*
 * rates - requests and answers a second, and requests in flight, from what a timeline counted.
 *
 * Intervals that are narrow enough for latencies are too narrow for these: of 50 requests/s an
 * interval of 10 ms has one or none. So they are taken together, 1, 2, 4, 8 ... to a span, as few
 * as give it RATES_SENT requests on average and make no more than RATES_SPANS (RATES_IN_FLIGHT,
 * and no limit, for those in flight), but never so many that fewer than 8 spans are left.
 *
 * What is sent counts from the first start to the last one, and n starts enclose n - 1 gaps, as in
 * the report's rate. Answers count from the first start to the last answer. So that no rate is made
 * of a piece of a span, the first one is one interval longer, and the one before the end of
 * sending, and the last of all, takes what would be half of one or less.
 *
 * Threads, memory: pure functions of the timeline; a list is the caller's. There are never more
 * spans than the timeline has intervals.
 */
#ifndef LOADGEN_PLOT_RATES_H
#define LOADGEN_PLOT_RATES_H

#include "loadgen/plot/timeline.h"

enum { RATES_SENT = 100, RATES_SPANS = 250, RATES_IN_FLIGHT = 10 };

struct rate_span {
    size_t begin; /* its intervals: from this one ... */
    size_t end;   /* ... up to but without this one */
    double sent;  /* requests/s */
    double succeeded;
    double failed;
};

struct level_span {
    size_t begin;
    size_t end;
    double in_flight; /* requests: the exact mean, between the first start and the last answer */
};

/* Each writes the spans, in order, and returns how many. */
size_t rates_of(const struct timeline *timeline, struct rate_span *spans);
size_t rates_levels(const struct timeline *timeline, struct level_span *spans);

#endif
