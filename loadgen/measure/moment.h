/*
 * moment - a point in time as RFC 3339 has it, with nanoseconds, as Go writes and reads it.
 *
 *     2026-11-20T16:47:48.790308594Z      2026-11-20T18:47:48.79+02:00
 *
 * Threads, memory: pure functions. Moments are nanoseconds since 1970 in UTC.
 */
#ifndef LOADGEN_MEASURE_MOMENT_H
#define LOADGEN_MEASURE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOMENT_TEXT = 32 };

/* Writes the moment in UTC, without the zeros at the end of the fraction. Returns the length. */
size_t moment_print(uint64_t ns, char text[MOMENT_TEXT]);

/* False when it is no moment, or none from 1970 to 2262, when nanoseconds outgrow vegeta's. */
bool moment_parse(const char *text, size_t length, uint64_t *ns);

#endif
