/*
 * workers - the threads of a run as a group: set up, released together, stopped, joined.
 *
 *     fill in `shared`  ->  workers_start  ->  workers_open: all begin at the same time
 *                       ->  workers_stop, workers_abandon, or the end of the plan
 *                       ->  workers_join  ->  workers_fini
 *
 * Threads: every function is called on the run's thread. Memory: workers_fini frees everything,
 * whether or not the workers were opened.
 */
#ifndef LOADGEN_RUN_WORKERS_H
#define LOADGEN_RUN_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/run/worker.h"

struct workers {
    struct worker_shared shared;
    struct worker *list;
    unsigned count; /* threads that were started */
    bool is_joined;
};

/*
 * Initializes an empty group. The team is copied; NULL: this process runs the order alone. All
 * other arguments are borrowed until workers_fini.
 */
void workers_init(struct workers *workers, const struct order *order, const struct team *team,
                  const struct engine_type *engine_type, const struct driver_type *driver_type);

/*
 * Reads certificates, opens the drive, starts the threads, and waits until all are set up. Set
 * `shared.terms`, `shared.recorder` and `shared.stop_fd` first. ERR_FAILED or ERR_USAGE with the
 * first problem.
 */
bool workers_start(struct workers *workers, struct err *err);

/* Lets the workers send from start_ns to stop_ns; results count their time from origin_ns. */
void workers_open(struct workers *workers, uint64_t origin_ns, uint64_t start_ns, uint64_t stop_ns);

/* Applies a change to the run (drive/driver.h). */
bool workers_change(struct workers *workers, uint64_t start_ns, uint64_t now_ns,
                    struct change *change, struct err *err);

/* Wakes all threads, so that their drivers' `go` is called soon. */
void workers_wake(struct workers *workers);

/* Stops sending now. False if sending has ended already. */
bool workers_stop(struct workers *workers);

/* Abandons the requests in flight. Call this after workers_stop. */
void workers_abandon(struct workers *workers);

/* Waits until every thread has ended; shared.finished_fd counts those that have. */
void workers_join(struct workers *workers);

void workers_fini(struct workers *workers);

#endif
