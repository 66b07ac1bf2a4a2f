/*
 * runner - carries out orders: here, with the threads of this process, or with those of workers in
 * other pods.
 *
 *     runner->run(runner->context, order, ...)     as run (run.h), wherever the requests come from
 *
 * Whoever holds a runner does not know which one it is. The setups of scenarios (test_start,
 * test_stop) and the calibration of this generator are always run here.
 *
 * Threads: one run at a time; `run` is called on any thread, and calls the observer on it.
 */
#ifndef LOADGEN_RUN_RUNNER_H
#define LOADGEN_RUN_RUNNER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/run/run.h"

struct order_runner {
    bool (*run)(void *context, const struct order *order, const struct driver_type *driver_type,
                const struct control *control, const struct observer *observer,
                struct result_writer *writer, struct summary *summary, struct err *err);
    void *context;
};

/* The threads of this process. */
extern const struct order_runner runner_here;

#endif
