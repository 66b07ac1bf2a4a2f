/*
 * output - where -output goes: a file, or "stdout".
 *
 * Errors: ERR_FAILED, naming the file.
 */
#ifndef LOADGEN_COMMAND_OUTPUT_H
#define LOADGEN_COMMAND_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"

/* NULL with err. */
FILE *output_open(const char *path, struct err *err);

/* False with err when anything was not written, also by those who did not look. */
bool output_close(FILE *out, const char *path, struct err *err);

#endif
