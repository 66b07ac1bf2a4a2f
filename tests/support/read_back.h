/*
 * read_back - result files in memory, read as loadgen report reads them.
 *
 * Memory: nothing is kept.
 */
#ifndef TESTS_SUPPORT_READ_BACK_H
#define TESTS_SUPPORT_READ_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/binary/block.h"
#include "loadgen/measure/summary.h"

/* Reads all of a descriptor from its current offset into `summary`, and counts the results. */
bool read_back_fd(int fd, const char *name, struct summary *summary, struct err *err);

/* The same for `length` bytes. */
bool read_back(const void *bytes, size_t length, const char *name, struct summary *summary,
               struct err *err);

/* A descriptor from which these bytes can be read; to be closed. */
int read_back_open(const void *bytes, size_t length);

/* The next block of a file of complete blocks; false at its end. */
bool read_back_block(struct block *block, FILE *in);

#endif
