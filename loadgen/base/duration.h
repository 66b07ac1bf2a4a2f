/*
 * duration - parses and prints durations in Go's syntax, as vegeta does.
 *
 * "1h30m", "1.5s", "250ms", "10us", "10µs", "7ns"; 0 needs no unit. Durations are never negative.
 * Threads: pure functions.
 */
#ifndef LOADGEN_BASE_DURATION_H
#define LOADGEN_BASE_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum { DURATION_TEXT = 32 };

/* Parses `text` to nanoseconds. ERR_USAGE if it is not a duration or exceeds 292 years. */
bool duration_parse(const char *text, uint64_t *ns, struct err *err);

/* The setter of a flag (common/cli.h); the field is a uint64_t of nanoseconds. */
bool duration_set(void *field, const char *text, struct err *err);

/* Prints `ns` exactly: 1.5s, 1m0.25s, 145.082ms, 12.345µs, 0s. Returns `text`. */
const char *duration_print(uint64_t ns, char text[DURATION_TEXT]);

/*
 * Prints `ns` rounded (half up) as in vegeta's text report: 1 h or more to minutes, 1 min or more
 * to seconds, 1 s or more to milliseconds, and so on.
 */
const char *duration_print_rounded(uint64_t ns, char text[DURATION_TEXT]);

/* Prints `ns` with three significant digits, as precise as histograms: 229µs, 24.9ms, 1m23.4s. */
const char *duration_print_short(uint64_t ns, char text[DURATION_TEXT]);

#endif
