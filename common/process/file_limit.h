/*
 * file_limit - the limit on open files, which bounds the number of connections.
 *
 * Threads: the limit applies to the whole process; the functions keep no state of their own.
 */
#ifndef COMMON_PROCESS_FILE_LIMIT_H
#define COMMON_PROCESS_FILE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Raises the soft limit to the hard limit. Returns the resulting limit; UINT64_MAX: unknown. */
uint64_t file_limit_raise(void);

/* Counts the open files, in time proportional to their number. False: unknown. */
bool file_limit_count_open(uint64_t *count);

#endif
