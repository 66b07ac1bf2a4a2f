/*
 * capacity_progress - shows a search on stderr: on a terminal one line that is updated every
 * second, otherwise one line for each completed trial.
 *
 *     471.3/s to 487.5/s; trial 4 at 480.1/s, 4s of 10s; about 1m50s left
 *       3     487.5/s   10s  halve    bad      p99 140ms to 151ms  p99<100ms (145ms)
 *
 * Threads: one.
 */
#ifndef LOADGEN_COMMAND_PROGRESS_CAPACITY_PROGRESS_H
#define LOADGEN_COMMAND_PROGRESS_CAPACITY_PROGRESS_H

#include <stdbool.h>

#include "loadgen/binary/journal.h"
#include "loadgen/capacity/capacity.h"

struct capacity_progress {
    bool is_terminal;
    const struct capacity_search *search; /* NULL: not begun */
    uint64_t left_ns;                     /* estimated time left when the running trial began */
};

struct capacity_progress capacity_progress_begin(void);

/* `context` is the progress. */
struct capacity_watcher capacity_progress_watcher(struct capacity_progress *progress);
void capacity_progress_second(const struct capacity_progress *progress,
                              const struct second *second);

/* Clears the line on a terminal. */
void capacity_progress_end(const struct capacity_progress *progress);

#endif
