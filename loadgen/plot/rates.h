/*
 * rates - requests and answers per second, and requests in flight, from a timeline.
 *
 * Intervals narrow enough for latencies are too narrow for rates: at 50 requests/s, an interval of
 * 10 ms has one request or none. So a span combines 1, 2, 4, 8 ... intervals. Its width doubles
 * until a span holds RATES_SENT requests on average and there are at most RATES_SPANS spans, but
 * never exceeds an eighth of the run. For requests in flight, RATES_IN_FLIGHT requests suffice, and
 * the number of spans is not limited.
 *
 * The rate of requests sent refers to the time from the first start to the last; n starts enclose
 * n - 1 gaps, as in the report's rate. Rates of answers refer to the time from the first start to
 * the last answer.
 *
 * The first and the last interval may be incomplete, so neither is a span by itself. The first span
 * has one more interval than the others. A remainder of at most half a span (rounded up to whole
 * intervals) at the end belongs to the last span.
 *
 * rates_of also ends a span after the interval of the last start, unless at most half a span
 * follows. A remainder of at most half a span before that end belongs to the preceding span.
 *
 * Threads, memory: pure functions of the timeline; the list is the caller's. There are never more
 * spans than intervals.
 */
#ifndef LOADGEN_PLOT_RATES_H
#define LOADGEN_PLOT_RATES_H

#include "loadgen/plot/timeline.h"

enum { RATES_SENT = 100, RATES_SPANS = 250, RATES_IN_FLIGHT = 10 };

struct rate_span {
    size_t begin; /* first interval */
    size_t end;   /* one past the last interval */
    double sent;  /* requests/s */
    double succeeded;
    double failed;
};

struct level_span {
    size_t begin;
    size_t end;
    double in_flight; /* requests: exact mean between first start and last answer */
};

/* Each writes the spans in order and returns their number. */
size_t rates_of(const struct timeline *timeline, struct rate_span *spans);
size_t rates_levels(const struct timeline *timeline, struct level_span *spans);

#endif
