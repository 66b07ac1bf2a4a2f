/*
 * round_trip - checks any input of the result readers, for the fuzz targets.
 *
 * An input is rejected with a reason, or what was read survives writing and reading in each format,
 * with equal results and, from the second pass on, equal bytes (the first pass replaces invalid
 * UTF-8).
 *
 * A failed check aborts. Memory: one summary, reused.
 */
#ifndef TESTS_SUPPORT_ROUND_TRIP_H
#define TESTS_SUPPORT_ROUND_TRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/summary.h"

/* Aborts when it is false. */
void round_trip_require(bool ok);

/* An empty summary, the same one each time: making it takes longer than reading an input. */
struct summary *round_trip_summary(void);

void round_trip_check(const uint8_t *bytes, size_t length);

/* Writes what was read in each format, and does not check the output. */
void round_trip_write(const uint8_t *bytes, size_t length);

#endif
