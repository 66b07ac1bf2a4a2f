/*
 * users_runner - runs the users of a scenario when a client of the web server starts a run
 * (web/board/runner.h).
 *
 * The scenario is read again for each run, so a change of the file needs no restart.
 *
 * Threads: as runner.h says; open and close once, from one thread. Memory: borrows the options.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_USERS_RUNNER_H
#define LOADGEN_COMMAND_RUNNERS_USERS_RUNNER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/target/targets.h"
#include "loadgen/users/users.h"
#include "loadgen/web/board/runner.h"

struct order_runner;
struct run_options;

struct users_runner {
    struct runner runner;
    /* private */
    const struct run_options *options;
    const char *file;
    const struct order_runner *place;
    struct users_order users; /* of the scenario as read at the start */
    struct targets targets;
};

/* Reads the scenario once, so that its errors are found at the start. */
bool users_runner_open(struct users_runner *runner, const struct run_options *options,
                       const char *file, const struct order_runner *place, struct err *err);
void users_runner_close(struct users_runner *runner);

#endif
