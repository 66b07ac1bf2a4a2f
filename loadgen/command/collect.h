/*
 * collect - reads the files of a command line, or stdin, into a summary.
 *
 * SIGINT and SIGTERM end the reading of files, and what was read is reported as cut short. A pipe
 * is read on to its end at the first of them, because the attack at its other end has got the
 * signal as well and is about to send the rest; the second one ends that, too.
 *
 * What could not be read is told on stderr, a line a file: a report that has no words for it would
 * be silently shorter.
 *
 * Threads: one, and no other may be there: the signals are blocked meanwhile.
 */
#ifndef LOADGEN_COMMAND_COLLECT_H
#define LOADGEN_COMMAND_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"

/* Who looks on. All may be empty. */
struct collect_watcher {
    void *context;
    void (*each)(void *context, const struct result *result); /* every result, when it is counted */
    bool (*tick)(void *context, struct err *err); /* every every_ns, also when nothing comes; the
                                                     summary is as of then, and is_going_on. false
                                                     ends it all */
    uint64_t every_ns;                            /* 0: never */
};

bool collect(char *const *names, int count, struct summary *summary,
             const struct collect_watcher *watcher, struct err *err);

#endif
