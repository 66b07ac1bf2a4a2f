/*
 * progress - shows on stderr that a run is alive: on a terminal one line that is written anew each
 * second, elsewhere a line every so often (-progress).
 *
 *     [##########----------] 5s of 10s  sent 5000  1000/s  in flight 2  p50 45µs  p99 120µs  errors
 * 0
 *
 * Rate and percentiles are those of the last second.
 */
#ifndef LOADGEN_COMMAND_PROGRESS_H
#define LOADGEN_COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/journal.h"

struct progress {
    bool is_terminal;
    uint64_t duration_ns; /* 0: without an end */
    uint64_t every_ns;    /* between two lines where there is no terminal; 0: none */
    uint64_t shown_ns;    /* when the last one was */
};

/* For a run of this length, on the stderr of the process. */
struct progress progress_begin(uint64_t duration_ns, uint64_t every_ns);

void progress_show(struct progress *progress, const struct second *second);

/* Clears the line, so that what follows starts at its beginning. */
void progress_end(const struct progress *progress);

#endif
