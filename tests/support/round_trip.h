/*
 * round_trip - what must hold of any bytes that are read as results, for the fuzz targets.
 *
 * The bytes are read or refused with a reason. What was read is written in each format and read
 * again: there are as many results, none of them damaged, and each has the same numbers; and what
 * is written of that is the same bytes from then on (the first time bytes that are no UTF-8 go).
 *
 * Whatever does not hold aborts. Memory: one summary, used again and again.
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

/* Writes what is read in each format, and does not look at what was written. */
void round_trip_write(const uint8_t *bytes, size_t length);

#endif
