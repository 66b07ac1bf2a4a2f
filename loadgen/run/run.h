/*
 * run - one measurement: plan and source go in, a summary comes out.
 *
 *     plan -> workers (a thread each) -> tallies, once a second -> summary
 *                                     -> results  -> result writer
 *
 * The calling thread starts the workers, gathers what they counted once a second, tells the
 * observer, and waits for the end. It knows nothing of who asked, and prints nothing.
 *
 * The end comes when the plan's duration has passed, when `control` or the observer asks for it, or
 * when the results cannot be written any more; each time what is in flight is drained, and the
 * summary is whole.
 */
#ifndef LOADGEN_RUN_RUN_H
#define LOADGEN_RUN_RUN_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/measure/journal.h"
#include "loadgen/measure/result_writer.h"
#include "loadgen/measure/summary.h"
#include "loadgen/run/plan.h"
#include "loadgen/target/source.h"
#include "loadgen/target/targets.h"

/* How a run is told to stop: a descriptor that becomes readable. -1: it is not. */
struct control {
    int stop_fd;
};

/*
 * Called on the thread of `run`, once a second; what it is given is lent for the call. False aborts
 * the run: it ends as if control had asked for it.
 */
struct observer {
    bool (*on_second)(void *context, const struct second *second); /* NULL: nobody watches */
    void *context;
};

/*
 * Runs to the end. `writer` may be NULL: no results are kept. `summary` is an empty one. ERR_FAILED
 * when the run could not begin; whatever happens to requests is no error, it is the result.
 */
bool run(const struct plan *plan, const struct targets *targets, const struct source *source,
         const struct control *control, const struct observer *observer,
         struct result_writer *writer, struct summary *summary, struct err *err);

#endif
