/*
 * file_limit - as many open files as we may have: every connection is one.
 */
#ifndef COMMON_FILE_LIMIT_H
#define COMMON_FILE_LIMIT_H

#include <stdint.h>

/* Raises the soft limit of this process to the hard one, if it may. Returns what it is then. */
uint64_t file_limit_raise(void);

#endif
