/*
 * file_limit - as many open files as we may have: every connection is one.
 */
#ifndef COMMON_FILE_LIMIT_H
#define COMMON_FILE_LIMIT_H

/* Raises the soft limit of this process to the hard one. Failing, there are fewer connections. */
void file_limit_raise(void);

#endif
