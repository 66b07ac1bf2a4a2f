/*
 * search_runner - searches for the capacity, as `loadgen capacity` does, when a client of the web
 * server starts a search (web/board/runner.h): with targets, or with the users of a scenario.
 *
 * Threads: as runner.h says; open once, from one thread. Memory: borrows the options and the URL.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_SEARCH_RUNNER_H
#define LOADGEN_COMMAND_RUNNERS_SEARCH_RUNNER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/command/flags/capacity_flags.h"
#include "loadgen/web/board/runner.h"

struct order_runner;

struct search_runner {
    struct runner runner;
    /* private */
    const struct capacity_options *options;
    const char *url;
    const struct order_runner *place;
};

/*
 * `url` replaces the targets; NULL: none. Opens a search once, so that its errors are found at the
 * start.
 */
bool search_runner_open(struct search_runner *runner, const struct capacity_options *options,
                        const char *url, const struct order_runner *place, struct err *err);

#endif
