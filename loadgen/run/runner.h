/*
 * runner - the interface for running orders, with the threads of this process or with workers in
 * other pods.
 *
 *     runner->run(runner->context, order, ...)     like run (run.h)
 *
 * Callers need not know which of the two a runner is. test_start and test_stop of scenarios always
 * run in this process.
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
    bool is_here; /* what is known of this process holds for the generator */
};

/* The threads of this process. */
extern const struct order_runner runner_here;

#endif
