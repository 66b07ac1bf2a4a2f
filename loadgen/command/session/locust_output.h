/*
 * locust_output - shows a run as Locust does: tables on stderr and CSV files (report/locust).
 *
 * Each table is written to stderr in one piece, so that lines of scripts and of other threads do
 * not end up in its middle. The files are up to date once a second, and at the end of the run.
 *
 * Threads: the run's thread. Memory: locust_output_create, locust_output_destroy.
 */
#ifndef LOADGEN_COMMAND_SESSION_LOCUST_OUTPUT_H
#define LOADGEN_COMMAND_SESSION_LOCUST_OUTPUT_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/command/session/session.h"

struct locust_options {
    const char *csv_prefix; /* NULL: no files */
    bool has_full_history;  /* the history has rows of all methods and names */
    bool is_periodic;       /* tables are also written during the run */
};

struct locust_output;

/* False with err if the options cannot be used, or name the file of the results (NULL: none). */
bool locust_output_check(const struct locust_options *options, const char *results,
                         struct err *err);

/* `options` are borrowed. NULL: out of memory; err is set. */
struct locust_output *locust_output_create(const struct locust_options *options, struct err *err);

/* The view for the session; valid as long as the output is. */
struct session_view locust_output_view(struct locust_output *output);

void locust_output_destroy(struct locust_output *output);

#endif
