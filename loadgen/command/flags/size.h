/*
 * size - parses sizes on the command line, in vegeta's format: "512", "64KB", "10 MB", "1GiB".
 *
 * Units are powers of 1024 (K, KB and KiB are equal), in upper or lower case. -1 means no limit.
 * Threads: set-up only. Errors: ERR_USAGE with the expected form.
 */
#ifndef LOADGEN_COMMAND_FLAGS_SIZE_H
#define LOADGEN_COMMAND_FLAGS_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct size {
    bool is_given;
    uint64_t bytes; /* UINT64_MAX: no limit */
};

bool size_set(void *field, const char *text, struct err *err); /* cli_set_fn of a struct size */

#endif
