/*
 * recent - rates and times of the last ten seconds, for Locust's periodic table and its history.
 *
 * The window ends at the last locust_recent_add. It is shorter at the beginning of a run, and if
 * the last second of a run is incomplete. Rates are per second of its actual length.
 *
 * Threads: one. Memory: 90 kB, and with `keeps_times` a few bytes for each bucket of a second's
 * histograms (histogram_codec.h); if there is no memory for a second, its times are left out.
 */
#ifndef LOADGEN_REPORT_LOCUST_RECENT_H
#define LOADGEN_REPORT_LOCUST_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"
#include "loadgen/measure/tally.h"
#include "loadgen/report/locust/stats.h"

/* Seconds of the window, and moments at their bounds. LOCUST_TOTAL: all rows of a tally. */
enum { LOCUST_RECENT = 10, LOCUST_MOMENTS = LOCUST_RECENT + 1, LOCUST_TOTAL = ROWS_ALL };

/* Counts since the start of the run, at the end of a second. */
struct locust_moment {
    uint64_t elapsed_ns;
    uint64_t requests[ROWS_ALL + 1];
    uint64_t failures[ROWS_ALL + 1];
};

/* The histograms of a second, encoded. Those of row i are the bytes from at[i] to at[i + 1]. */
struct locust_times {
    struct bytes bytes;
    size_t at[ROWS_ALL + 2];
};

struct locust_recent {
    bool keeps_times;
    uint64_t count; /* seconds so far */
    struct locust_moment moments[LOCUST_MOMENTS];
    struct locust_times times[LOCUST_RECENT];
};

/* Times are kept only with `keeps_times`. NULL: out of memory. */
struct locust_recent *locust_recent_create(bool keeps_times);
void locust_recent_destroy(struct locust_recent *recent);

/*
 * Adds a second: its own tally, and the tally of the run up to its end, elapsed_ns after the start.
 */
void locust_recent_add(struct locust_recent *recent, const struct tally *second,
                       const struct tally *total, uint64_t elapsed_ns);

struct locust_rates {
    double requests;
    double failures;
};

/* The rates of these rows of the tally together; the row LOCUST_TOTAL stands for all. */
struct locust_rates locust_recent_rates(const struct locust_recent *recent, const uint16_t *rows,
                                        size_t count);

/* Adds the times of these rows to a histogram. */
void locust_recent_times(const struct locust_recent *recent, const uint16_t *rows, size_t count,
                         struct histogram *into);

#endif
