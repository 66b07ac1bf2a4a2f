/*
 * schedule_words - names and rates of schedules as text, for flags, orders and reports.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_PACE_SCHEDULE_WORDS_H
#define LOADGEN_PACE_SCHEDULE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/pace/schedule.h"

enum { SCHEDULE_RATE_TEXT = 32 };

/* Prints a rate as an integer per second, minute or hour: 100/s, 90/m, 7/h. Returns `text`. */
const char *schedule_rate_print(uint64_t per_h, char text[SCHEDULE_RATE_TEXT]);

/* Returns "up", "peak", "down" or "trough". */
const char *schedule_sine_start_name(enum sine_start start);

/* Parses a name that schedule_sine_start_name returns; false for any other text. */
bool schedule_sine_start_parse(const char *text, enum sine_start *start);

#endif
