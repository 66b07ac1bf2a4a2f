/*
 * usage - what this process has used since a moment: CPU, memory, and time that its cgroup
 * withheld.
 *
 *     usage = usage_begin()                          the measured part begins
 *     usage_note(&usage, start_ns, now, &generator)  as often as somebody wants to know
 *
 * Threads: any; both ask the system about the whole process.
 */
#ifndef LOADGEN_RUN_USAGE_H
#define LOADGEN_RUN_USAGE_H

#include <stdint.h>

#include "loadgen/measure/summary.h"

struct usage {
    double cpu_seconds; /* of the process, until then */
    uint64_t throttled_ns;
};

/* What was used before is not counted. */
struct usage usage_begin(void);

/*
 * Fills in what may be used (cpu_limit), and what was: CPU and throttling since usage_begin,
 * wall_seconds from start_ns to now_ns (0 before it), memory at its most. The rest stays.
 */
void usage_note(const struct usage *usage, uint64_t start_ns, uint64_t now_ns,
                struct generator *generator);

#endif
