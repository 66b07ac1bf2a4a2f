/*
 * output - the destination of -output and flags like it: a file, or "stdout".
 *
 * Errors: ERR_FAILED with the file name; ERR_USAGE if the output is also an input.
 */
#ifndef LOADGEN_COMMAND_FILES_OUTPUT_H
#define LOADGEN_COMMAND_FILES_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"

/*
 * False with err if the output is the same file as an input, even under another name: opening the
 * output would truncate the input. Without inputs, stdin is the input. Call this before anything is
 * opened. Missing inputs are ignored.
 */
bool output_check_distinct(const char *path, char *const *inputs, int count, struct err *err);

/*
 * Opens the output. Errors of this function and of those below name `flag`, such as "-output",
 * unless the output is stdout. NULL: err is set.
 */
FILE *output_open(const char *flag, const char *path, struct err *err);

/* Sets err from errno: "-output: cannot write FILE: ..." or "cannot write to stdout: ...". Returns
   false. */
bool output_fail(const char *flag, const char *path, struct err *err);

/* Flushes the output, and closes it unless it is stdout. False with err if this or any earlier
 * write failed, checked or not. */
bool output_close(FILE *out, const char *flag, const char *path, struct err *err);

/*
 * Checks that the file can be opened for writing, without changing its content, so that an error
 * appears before a long run and not after it. False: err is set.
 */
bool output_check(const char *flag, const char *path, struct err *err);

#endif
