/*
 * rates - requests and answers per second, and requests in flight, from a timeline.
 *
 * Intervals narrow enough for latencies are too narrow for rates: at 50 requests/s, an interval of
 * 10 ms has one request or none. So intervals are combined to spans of 1, 2, 4, 8 ... of them.
 * Spans get wider until they have RATES_SENT requests on average and there are at most RATES_SPANS
 * of them, but there are always at least 8. For requests in flight, RATES_IN_FLIGHT requests
 * suffice, and the number of spans is not limited.
 *
 * The rate sent counts from the first start to the last; n starts enclose n - 1 gaps, as in the
 * report's rate. Answers count from the first start to the last answer. The first and the last
 * interval may be incomplete, so neither is a span by itself. The first span has one more interval.
 * A remainder of up to half a span is added to the last span, and to the last span in which
 * requests were sent.
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
