/*
 * output - where -output goes: a file, or "stdout".
 *
 * Errors: ERR_FAILED, naming the file; ERR_USAGE when it is one of those that are read.
 */
#ifndef LOADGEN_COMMAND_OUTPUT_H
#define LOADGEN_COMMAND_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"

/* Called before anything is read or opened: false with err when the output is one of the inputs
   (without any: stdin), by whatever name, since to open it would empty it. An input that is not
   there is no concern of ours. */
bool output_is_apart(const char *path, char *const *inputs, int count, struct err *err);

/* NULL with err. */
FILE *output_open(const char *path, struct err *err);

/* Sets err from errno: "-output: cannot write FILE: ...", or "cannot write to stdout: ...", which
   no flag needs to have named. Returns false. */
bool output_fail(const char *path, struct err *err);

/* False with err when anything was not written, also by those who did not look. */
bool output_close(FILE *out, const char *path, struct err *err);

#endif
