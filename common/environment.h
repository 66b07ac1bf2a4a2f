/*
 * environment - reads environment variables.
 *
 * White space (blank.h) is trimmed from both ends of a value, because files, CI systems and other
 * operating systems add carriage returns or no-break spaces.
 *
 * Threads: trimming replaces the variable, so no other thread may use the environment during the
 * call. Memory: the value belongs to the environment.
 */
#ifndef COMMON_ENVIRONMENT_H
#define COMMON_ENVIRONMENT_H

/* The value of a variable; NULL: not set. */
const char *environment_get(const char *name);

#endif
