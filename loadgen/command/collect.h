/*
 * collect - reads the files of a command line, or stdin, into a summary.
 *
 * What could not be read is told on stderr, a line a file: a report that has no words for it would
 * be silently shorter.
 */
#ifndef LOADGEN_COMMAND_COLLECT_H
#define LOADGEN_COMMAND_COLLECT_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"

/* Counts every result, and hands it to `each` unless that is NULL. */
bool collect(char *const *names, int count, struct summary *summary,
             void (*each)(void *context, const struct result *result), void *context,
             struct err *err);

#endif
