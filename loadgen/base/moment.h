/*
 * moment - parses and prints timestamps (RFC 3339 with nanoseconds) as Go does.
 *
 *     2026-11-20T16:47:48.790308594Z      2026-11-20T18:47:48.79+02:00
 *
 * A timestamp is the number of nanoseconds since 1970 in UTC. Threads: pure functions.
 */
#ifndef LOADGEN_BASE_MOMENT_H
#define LOADGEN_BASE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOMENT_TEXT = 32 };

/* Prints the timestamp in UTC, without trailing zeros in the fraction. Returns the length. */
size_t moment_print(uint64_t ns, char text[MOMENT_TEXT]);

/* The same with three digits in the fraction, rounded down: 2026-11-20T16:47:48.790Z. */
size_t moment_print_ms(uint64_t ns, char text[MOMENT_TEXT]);

/* False if the text is not a timestamp, or is before 1970 or beyond int64_t nanoseconds (2262). */
bool moment_parse(const char *text, size_t length, uint64_t *ns);

#endif
