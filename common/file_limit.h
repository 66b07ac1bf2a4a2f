/*
 * file_limit - how many files this process may have open, and how many it has: every connection is
 * one.
 */
#ifndef COMMON_FILE_LIMIT_H
#define COMMON_FILE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Raises the soft limit of this process to the hard one, if it may. Returns what it is then. */
uint64_t file_limit_raise(void);

/* Counts what is open; the kernel goes through all of it. False: it does not say. */
bool file_limit_count_open(uint64_t *count);

#endif
