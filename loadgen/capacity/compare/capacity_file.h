/*
 * capacity_file - reads a result that `loadgen capacity -output` wrote.
 *
 * Threads: one. Memory: the JSON is the caller's (json_decref). Errors: ERR_FAILED with the file
 * and the problem.
 */
#ifndef LOADGEN_CAPACITY_COMPARE_CAPACITY_FILE_H
#define LOADGEN_CAPACITY_COMPARE_CAPACITY_FILE_H

#include <jansson.h>

#include "common/err.h"

/* Returns a result that has searches and a width above 0. NULL: err is set. */
json_t *capacity_file_read(const char *path, struct err *err);

#endif
