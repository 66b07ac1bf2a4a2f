/*
 * run - performs one measurement: takes an order, fills in a summary.
 *
 *     order -> workers (a thread each) -> tallies, once a second -> summary
 *                                     -> results  -> result writer
 *
 * The calling thread starts the workers, merges their tallies once a second, calls the observer,
 * and waits for the end. It prints nothing.
 *
 * A run ends after the plan's duration, when `control`, the observer or the driver stops it, when
 * the driver has nothing left to send, when a change fails, or when results can no longer be
 * written. Requests in flight are then drained, and the summary is complete. If `control` stops the
 * run a second time, the requests still in flight are abandoned: counted, but without results.
 */
#ifndef LOADGEN_RUN_RUN_H
#define LOADGEN_RUN_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/binary/journal.h"
#include "loadgen/binary/result_writer.h"
#include "loadgen/measure/summary.h"
#include "loadgen/order/order.h"

struct changes;
struct driver_type;
struct engine_type;
struct team;

struct control {
    int stop_fd; /* eventfd: the first 1 written stops the run, the second abandons it; -1: none */
    /* Source of changes during the run; NULL: none. If it is set, but the driver's type has no
     * `change`, the run does not begin: ERR_USAGE. */
    struct changes *changes;
    const struct team *team; /* this process among those that share the run; NULL: the only one */
    const _Atomic uint64_t *contact_ns; /* for drive_may_send; NULL: the run is not shared */
    /*
     * Called when the run is set up. Returns when its measured part begins (CLOCK_MONOTONIC), the
     * same moment in all processes; 0: the run does not begin (an error only if err is set). NULL:
     * it begins as soon as possible. If this process joins a run (pace/team.h), that moment is in
     * the past, and its first second is that of its first epoch.
     */
    uint64_t (*await_start)(void *context, struct err *err);
    void *context; /* of await_start */
};

/*
 * Called once a second, and once at the end, on the thread that calls `run`; `second` is valid
 * during the call.
 */
struct observer {
    /* Returns false to abort the run. NULL: none. */
    bool (*on_second)(void *context, const struct second *second);
    void *context;
    bool counts_targets; /* each second has rows by target, even if there is only one target */
};

/*
 * Runs to the end and fills in an empty summary. The drivers (drive/driver.h) decide what is sent,
 * and when. `writer` NULL: no results are written. False with err if the run cannot begin, if a
 * change fails, or if a started request did not end exactly once (a bug); failed requests are not
 * an error.
 */
bool run(const struct order *order, const struct driver_type *driver_type,
         const struct control *control, const struct observer *observer,
         struct result_writer *writer, struct summary *summary, struct err *err);

/*
 * Like run, with all requests sent by one engine of this type (loadgen/http/engine.h). Only tests
 * call it directly, to send through libcurl without a proxy, or to observe each request.
 */
bool run_with_engine(const struct engine_type *engine_type, const struct order *order,
                     const struct driver_type *driver_type, const struct control *control,
                     const struct observer *observer, struct result_writer *writer,
                     struct summary *summary, struct err *err);

#endif
