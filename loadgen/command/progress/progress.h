/*
 * progress - shows the state of a run on stderr: on a terminal, a single line that is updated every
 * second; otherwise, one line per interval (-progress). A line, wrapped here:
 *
 *     [##########----------] 5s of 10s  sent 5000  1000/s  in flight 2  p50 45µs  p99 120µs
 *     errors 0
 *
 * Rate and percentiles are those of the requests that ended in the last second.
 *
 * Threads: one.
 */
#ifndef LOADGEN_COMMAND_PROGRESS_PROGRESS_H
#define LOADGEN_COMMAND_PROGRESS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/binary/journal.h"

struct progress {
    bool is_terminal;
    uint64_t duration_ns; /* 0: unlimited */
    uint64_t interval_ns; /* between lines when stderr is not a terminal; 0: none */
    uint64_t shown_ns;    /* time of the last line */
};

struct progress progress_begin(uint64_t duration_ns, uint64_t interval_ns);

void progress_show(struct progress *progress, const struct second *second);

/* Clears the line on a terminal. */
void progress_end(const struct progress *progress);

#endif
