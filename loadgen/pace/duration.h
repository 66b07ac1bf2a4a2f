/*
 * duration - spans of time as vegeta's users write and read them (Go's syntax).
 *
 * "1h30m", "1.5s", "250ms", "10us", "10µs", "7ns"; 0 needs no unit. Never negative here.
 * Threads: pure functions.
 */
#ifndef LOADGEN_PACE_DURATION_H
#define LOADGEN_PACE_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum { DURATION_TEXT = 32 };

/* Nanoseconds of `text`. ERR_USAGE when it is no duration or longer than 292 years. */
bool duration_parse(const char *text, uint64_t *ns, struct err *err);

/* The same as a flag's setter (common/cli.h); the field is a uint64_t of nanoseconds. */
bool duration_set(void *field, const char *text, struct err *err);

/* Writes `ns` in full: 1.5s, 1m0.25s, 145.082ms, 12.345µs, 0s. Returns `text`. */
const char *duration_print(uint64_t ns, char text[DURATION_TEXT]);

/*
 * The same, rounded half up to the next finer unit as vegeta's text report does: from an hour to
 * minutes, from a minute to seconds, from a second to milliseconds, and so on.
 */
const char *duration_print_rounded(uint64_t ns, char text[DURATION_TEXT]);

/*
 * The same with three digits, for tables: 229µs, 24.9ms, 1m23.4s. No percentile knows more.
 */
const char *duration_print_short(uint64_t ns, char text[DURATION_TEXT]);

#endif
