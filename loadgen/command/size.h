/*
 * size - amounts of bytes on the command line, as vegeta has them: "512", "64KB", "10 MB", "1GiB".
 *
 * Units are powers of 1024, with or without the i and the B, in any case; -1 is no limit.
 * Threads: set-up only. Errors: ERR_USAGE with what was expected.
 */
#ifndef LOADGEN_COMMAND_SIZE_H
#define LOADGEN_COMMAND_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* For cli.h. */
struct size {
    bool is_given;
    uint64_t bytes; /* UINT64_MAX: no limit */
};

bool size_set(void *field, const char *text, struct err *err);

#endif
