/*
 * hint - errors for malformed lines of targets, each with what was probably meant and how to write
 * it.
 *
 * All but hint_is_body set ERR_USAGE and return false. Threads: pure functions.
 */
#ifndef LOADGEN_TARGET_READ_HINT_H
#define LOADGEN_TARGET_READ_HINT_H

#include <stdbool.h>

#include "common/err.h"

/* True if the line looks like the body of a request, which belongs in a file. */
bool hint_is_body(const char *line);

/* For a line that should begin a target, but does not. */
bool hint_no_target(const char *line, struct err *err);

/* For a line that should be a header, but looks like a body. */
bool hint_inline_body(const char *line, struct err *err);

/* For a line with more than method and URL: an HTTP version, a header or a body. */
bool hint_one_line(const char *line, int method_length, const char *url, struct err *err);

#endif
