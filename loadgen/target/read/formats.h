/*
 * formats - the list of formats of targets; reader.h declares each.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_TARGET_READ_FORMATS_H
#define LOADGEN_TARGET_READ_FORMATS_H

#include "common/err.h"
#include "loadgen/target/read/reader.h"

/* Returns the format with this name; NULL with ERR_USAGE if there is none. */
const struct format *formats_find(const char *name, struct err *err);

#endif
