/*
 * verdict - was the generator itself the limit?
 *
 * Lag alone cannot tell, for a generator that reads late hides it in service and wait. So any of
 * these makes it the limit: requests that it was too far behind to start; over 1 % of the requests
 * late (unless they waited 20 times as long for a connection); CPU over 80 % of what it may use;
 * the kernel's throttling over 1 % of the time; a turn of the event loop (from waking to the last
 * event handled) over 1 ms at its 99th percentile.
 *
 * Threads, memory: a pure function of the summary.
 */
#ifndef LOADGEN_REPORT_VERDICT_H
#define LOADGEN_REPORT_VERDICT_H

#include <stdbool.h>

#include "loadgen/measure/summary.h"

struct verdict {
    bool is_known; /* false: the results say nothing of the generator */
    bool is_limited;
    char why[640]; /* a whole sentence, with what to change */
};

struct verdict verdict_of(const struct summary *summary);

#endif
