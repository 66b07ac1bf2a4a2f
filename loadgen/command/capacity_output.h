/*
 * capacity_output - what `loadgen capacity` writes at the end: text, JSON, HTML page and
 * termination log.
 *
 * A search that fails leaves no -output or -html file, not even that of an earlier search, which
 * could be mistaken for the result of this one (`make fetch-report` copies any file that it finds).
 *
 * Errors: ERR_FAILED with the flag and the file name. Threads: one. Memory: borrows everything.
 */
#ifndef LOADGEN_COMMAND_CAPACITY_OUTPUT_H
#define LOADGEN_COMMAND_CAPACITY_OUTPUT_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/capacity/capacity_report.h"
#include "loadgen/command/flags/capacity_flags.h"

/*
 * Checks that the files of -output and -html can be written, and removes those of an earlier
 * search. Call this before the search. False: err is set.
 */
bool capacity_output_begin(const struct capacity_options *options, struct err *err);

/*
 * Writes text (unless -output or -html is stdout), JSON and HTML page. False with err if that
 * fails, or if the verdict of the median search has an exit status other than 0 (command.h).
 */
bool capacity_output_write(const struct capacity_options *options,
                           const struct capacity_searches *searches, struct err *err);

/*
 * Writes the termination log, which `kubectl describe pod` shows: the error if `err` has one, else
 * the verdict. False with err if it cannot be written.
 */
bool capacity_output_terminate(const struct capacity_options *options,
                               const struct capacity_searches *searches, struct err *err);

#endif
