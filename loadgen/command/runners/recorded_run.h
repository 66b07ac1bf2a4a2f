/*
 * recorded_run - a run of the web server, optionally recorded to a result file.
 *
 * Threads: as run (run/run.h). Memory: borrows everything during the call.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_RECORDED_RUN_H
#define LOADGEN_COMMAND_RUNNERS_RECORDED_RUN_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/web/board/runner.h"

struct changes;
struct driver_type;
struct order;
struct order_runner;

/*
 * Runs the order with the watch's stop_fd and observer, and with these changes. Writes the counts
 * of each second to the watch's file, and replaces an existing one. If the file cannot be written,
 * the run continues, and the watch's on_unkept is called.
 */
bool recorded_run(const struct order_runner *place, const struct order *order,
                  const struct driver_type *driver_type, struct changes *changes,
                  const struct run_watch *watch, struct summary *summary, struct err *err);

#endif
