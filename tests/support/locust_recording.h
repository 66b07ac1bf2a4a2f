/*
 * locust_recording - the requests that Locust was recorded with, counted in tallies, and what
 * Locust made of them (tests/contract/locust/fixed).
 *
 *     struct locust_recording *recording = locust_recording_open();
 *     locust_recording_feed(recording, false);
 *     ... compare what recording->stats says with locust_recording_read("stats.csv") ...
 *     locust_recording_close(recording);
 *
 * For Check's tests, which run in the root of the repository: a failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_LOCUST_RECORDING_H
#define TESTS_SUPPORT_LOCUST_RECORDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "loadgen/report/locust/errors.h"
#include "loadgen/report/locust/recent.h"
#include "loadgen/report/locust/stats.h"
#include "tests/support/printed.h"

/* The start of the run on the clock of the tallies. Some requests began before it. */
#define LOCUST_RECORDING_START_NS (1000 * NS_PER_S)

enum { LOCUST_RECORDING_SECONDS = 30, LOCUST_RECORDING_UNIX_START = 1700000000 };

struct locust_recording {
    json_t *input;
    struct tally *total;
    struct tally *window; /* the second that is counted */
    struct rows rows;
    struct text_pool texts;
    struct locust_stats *stats;
    struct locust_recent *recent; /* NULL until it is fed */
    struct locust_errors *errors;
    struct printed history; /* PREFIX_stats_history.csv */
};

struct locust_recording *locust_recording_open(void);
void locust_recording_close(struct locust_recording *recording);

/* Counts all requests, second by second. keeps_times: as of locust_recent_create. */
void locust_recording_feed(struct locust_recording *recording, bool keeps_times);

/* Copies the times of a row of the stats in ms, ascending; of all requests for the total. Returns
   their number. */
enum { LOCUST_RECORDING_TIMES = 1000 };
size_t locust_recording_times(const struct locust_recording *recording,
                              const struct locust_row *row, double ms[LOCUST_RECORDING_TIMES]);

/* The text of one of the files that Locust wrote; the caller's to free. */
char *locust_recording_read(const char *name);

#endif
