/*
 * rate_runner - sends requests to targets at a rate when a client of the web server starts such a
 * run (web/board/runner.h). A rate that is changed during the run is constant from then on.
 *
 * The targets are read again for each run, so a change of the file needs no restart.
 *
 * Threads: as runner.h says; open once, from one thread. Memory: borrows the options and the URL.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_RATE_RUNNER_H
#define LOADGEN_COMMAND_RUNNERS_RATE_RUNNER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/web/board/runner.h"

struct order_runner;
struct slo;

struct rate_runner {
    struct runner runner;
    /* private */
    const struct attack_options *options;
    const char *url;
    const struct order_runner *place;
};

/*
 * `url` replaces the targets; NULL: none. Reads the targets once, so that their errors are found at
 * the start, and checks that the SLO can be judged; `slo` NULL: there is none.
 */
bool rate_runner_open(struct rate_runner *runner, const struct attack_options *options,
                      const char *url, const struct slo *slo, const struct order_runner *place,
                      struct err *err);

#endif
