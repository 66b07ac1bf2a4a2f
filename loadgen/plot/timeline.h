/*
 * timeline - results of any number, reduced to what a chart over time can show, with nothing that
 * stands out lost.
 *
 * Time is cut into intervals of one width, at most as many as asked for. When a result lies outside
 * of them, two neighbours become one until all fit: 1/512 s, 1/256 s ... 1 s, 2 s, so that a run of
 * any length takes the same memory and at least half of the intervals are used (but by runs that
 * are shorter than intervals/512 s). Results may come in any order, from any number of files.
 *
 * Of each interval and series are kept, of the requests that were intended in it:
 *
 *     count, minimum, maximum     exact, and when the slowest was intended
 *     percentiles                 of every one of them, at most 3.2 % off (16 buckets in each power
 *                                 of two); the first and the last rank are exact
 *     failures by kind            how many, and the latency of the slowest; a status outside of
 *                                 200 to 399 is one of the kind "http"
 *
 * and of all series together, at the moments when it happened:
 *
 *     started, succeeded, failed  exact
 *     in flight                   its exact mean over the interval: the integral of (started -
 *                                 done) over time, divided by the width
 *
 * As long as there are no more results than the threshold, each is kept by itself as well.
 *
 * Series are the rows of the report (loadgen/target/rows.h); those from TIMELINE_SERIES - 1 on
 * share the last one. Moments are nanoseconds since whenever those of the results count from.
 *
 * Threads: one owner. Memory: an interval takes 2.4 kB in each series that has results; everything
 * is allocated when a series gets its first one, at most 22 MB with 1,000 intervals.
 */
#ifndef LOADGEN_PLOT_TIMELINE_H
#define LOADGEN_PLOT_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/histogram.h"
#include "loadgen/measure/result.h"

enum {
    TIMELINE_SERIES = 8,
    TIMELINE_BINS = HISTOGRAM_BUCKETS / 64, /* 64 buckets of histogram.h each */
};

/* What one series has in one interval. */
struct timeline_cell {
    uint64_t count;
    uint64_t min_ns; /* 0 without results */
    uint64_t max_ns;
    uint64_t max_at_ns; /* when the slowest was intended */
    uint32_t bins[TIMELINE_BINS];
};

struct timeline_failures {
    uint64_t count;
    uint64_t max_ns;
};

/* What all series together have in one interval. */
struct timeline_flow {
    uint64_t started;
    uint64_t succeeded;
    uint64_t failed;
    double held; /* time in flight in here of what was started in here, less what those that were
                    done in here did not need until its end; in widths */
    struct timeline_failures failures[OUTCOMES_ALL]; /* of requests intended in here */
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
    size_t capacity;   /* intervals there is room for */
    uint64_t width_ns; /* of one */
    uint64_t first;    /* the intervals in use, as multiples of the width */
    uint64_t last;
    uint64_t count;                               /* results */
    uint64_t counts[TIMELINE_SERIES];             /* results of each series */
    uint64_t failures[OUTCOMES_ALL];              /* results of each kind of failure */
    uint64_t first_started_ns;                    /* UINT64_MAX without results */
    uint64_t last_started_ns;                     /* 0 without results */
    uint64_t end_ns;                              /* when the last one was done */
    struct timeline_cell *cells[TIMELINE_SERIES]; /* interval i is at [i % capacity]; NULL: none */
    struct timeline_cell *spare_cells;            /* for making one of several */
    struct timeline_flow *flows;
    struct timeline_flow *spare_flows;
    size_t threshold;
    struct timeline_point *points; /* as they came; the first `count` while that is <= threshold */
    bool is_out_of_memory;         /* a series could not be kept */
};

/* At least 2 intervals. NULL when memory is short. */
struct timeline *timeline_create(size_t intervals, size_t threshold);
void timeline_destroy(struct timeline *timeline);

void timeline_add(struct timeline *timeline, const struct result *result);

/* Intervals in use. */
size_t timeline_length(const struct timeline *timeline);

/* Interval i, 0 <= i < length: of a series (NULL: it has no results at all), and of all. */
const struct timeline_cell *timeline_cell(const struct timeline *timeline, size_t series, size_t i);
const struct timeline_flow *timeline_flow(const struct timeline *timeline, size_t i);

/* The percentile by nearest rank, as in histogram.h; 0 without results. */
uint64_t timeline_percentile(const struct timeline_cell *cell, uint32_t per_million);

#endif
