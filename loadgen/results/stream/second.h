/*
 * second - one second of a run whose file has only counts, no individual results.
 *
 * Timestamps are nanoseconds since 1970. The tally counts the requests that ended in this second;
 * its rows are the rows of the summary being filled.
 */
#ifndef LOADGEN_RESULTS_STREAM_SECOND_H
#define LOADGEN_RESULTS_STREAM_SECOND_H

#include <stdint.h>

#include "loadgen/measure/tally.h"

struct results_second {
    uint64_t start_ns; /* of the run */
    uint64_t from_ns;
    uint64_t to_ns;
    uint64_t started; /* requests started in this second */
    const struct tally *tally;
};

struct results_watch {
    void (*on_second)(void *context, const struct results_second *second);
    void *context;
};

#endif
