/*
 * timeline - reduces any number of results to what a chart over time can show, without losing
 * outliers.
 *
 * Time is divided into intervals of equal width, at most as many as requested. If a result does not
 * fit, neighboring intervals are merged in pairs until it does, which doubles the width each
 * time: 1/512 s, 1/256 s ... 1 s, 2 s. So a run of any length takes the same memory, and at least
 * half of the intervals are used (except by runs shorter than intervals/512 s). Results may be
 * added in any order, from any number of files.
 *
 * For each series, an interval keeps these figures on the requests intended in it:
 *
 *     count, minimum, maximum     exact, with the intended time of the slowest
 *     percentiles                 of all of them, at most 3.2% off (16 buckets per power of two);
 *                                 the first and the last rank are exact
 *     failures by kind            count, and latency of the slowest; a status outside 200 to 399
 *                                 is of kind "http"
 *
 * and for all series together, by the time of the event:
 *
 *     started, succeeded, failed  exact
 *     in flight                   exact mean over the interval: the integral of (started - done)
 *                                 over time, divided by the width; without fired results
 *
 * While there are at most `threshold` results, each is also kept individually.
 *
 * Runs without individual results are added second by second (timeline_add_second). Intervals are
 * then at least 1 s wide, a request belongs to the second in which it ended, and each run is
 * shifted to begin at a whole second. The mean in flight is then approximate, and the slowest of
 * each kind of failure an upper bound.
 *
 * Series are the rows of the report (loadgen/target/rows.h); row TIMELINE_SERIES - 1 and all later
 * rows share the last series. Timestamps are nanoseconds, from the same origin as in the results.
 *
 * Threads: use a timeline from one thread at a time. Memory: 2.4 kB per interval and series with
 * results, allocated when the series gets its first result (at most 22 MB with 1,000 intervals),
 * plus 24 bytes for each result up to the threshold, allocated at the start.
 */
#ifndef LOADGEN_PLOT_TIMELINE_H
#define LOADGEN_PLOT_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/histogram.h"
#include "loadgen/measure/result.h"
#include "loadgen/measure/tally.h"

enum {
    TIMELINE_SERIES = 8,
    TIMELINE_BINS = HISTOGRAM_BUCKETS / 64, /* 64 buckets of histogram.h each */
};

/* One series in one interval. */
struct timeline_cell {
    uint64_t count;
    uint64_t min_ns; /* 0 without results */
    uint64_t max_ns;
    uint64_t max_at_ns; /* intended time of the slowest */
    uint32_t bins[TIMELINE_BINS];
};

struct timeline_failures {
    uint64_t count;
    uint64_t max_ns;
};

/* All series together in one interval. */
struct timeline_flow {
    uint64_t started;
    uint64_t succeeded;
    uint64_t failed;
    double held; /* in interval widths: sum of (interval end - start) over requests started here,
                    minus sum of (interval end - done) over requests done here */
    struct timeline_failures failures[OUTCOMES_ALL]; /* of requests intended here */
};

/* One result. */
struct timeline_point {
    uint64_t intended_ns;
    uint64_t latency_ns;
    uint8_t series;
    bool is_failure;
    enum outcome outcome;
};

struct timeline {
    size_t capacity;   /* maximum number of intervals */
    uint64_t width_ns; /* of an interval */
    uint64_t first;    /* first and last interval in use, as multiples of the width */
    uint64_t last;
    uint64_t count;                               /* results */
    uint64_t counts[TIMELINE_SERIES];             /* results of each series */
    uint64_t failures[OUTCOMES_ALL];              /* results of each kind of failure */
    uint64_t first_started_ns;                    /* UINT64_MAX without results */
    uint64_t last_started_ns;                     /* 0 without results */
    uint64_t end_ns;                              /* end of the last request */
    struct timeline_cell *cells[TIMELINE_SERIES]; /* interval i is at [i % capacity]; NULL: none */
    struct timeline_cell *spare_cells;            /* for merging intervals */
    struct timeline_flow *flows;
    struct timeline_flow *spare_flows;
    size_t threshold;
    struct timeline_point *points; /* in arrival order; valid while timeline_has_points */
    bool has_intervals;            /* a result or a second was added */
    bool has_seconds;              /* a second was added */
    bool is_out_of_memory;         /* the cells of a series could not be allocated */
};

/* `intervals` is at least 2. NULL if out of memory. */
struct timeline *timeline_create(size_t intervals, size_t threshold);
void timeline_destroy(struct timeline *timeline);

void timeline_add(struct timeline *timeline, const struct result *result);

/* A second of a run without individual results. */
struct timeline_second {
    uint64_t start_ns; /* of the run */
    uint64_t from_ns;
    uint64_t to_ns;
    uint64_t started;          /* requests */
    const struct tally *tally; /* of requests that ended; with rows by target */
};

void timeline_add_second(struct timeline *timeline, const struct timeline_second *second);

/* True if each result was kept individually. */
bool timeline_has_points(const struct timeline *timeline);

/* The number of intervals in use. */
size_t timeline_length(const struct timeline *timeline);

/*
 * Interval i of one series (NULL: the series has no results), and of all series together;
 * 0 <= i < timeline_length.
 */
const struct timeline_cell *timeline_cell(const struct timeline *timeline, size_t series, size_t i);
const struct timeline_flow *timeline_flow(const struct timeline *timeline, size_t i);

/* The percentile by nearest rank, as in histogram.h; 0 without results. */
uint64_t timeline_percentile(const struct timeline_cell *cell, uint32_t per_million);

#endif
