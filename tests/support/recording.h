/*
 * recording - what vegeta 12.13 recorded and reported, in tests/contract/vegeta.
 *
 * For Check's tests, which run in the root of the repository: an unreadable file fails the test.
 */
#ifndef TESTS_SUPPORT_RECORDING_H
#define TESTS_SUPPORT_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/tally.h"

/* The text of one of its files; the caller's to free. */
char *recording_read(const char *name);

enum { RECORDING_RESULTS = 120 };

/* The latencies of its results, ascending. */
void recording_latencies(uint64_t latencies_ns[RECORDING_RESULTS]);

/* Counts results with these latencies. */
void recording_count(struct tally *tally);

#endif
