/*
 * stats - the numbers of Locust's tables and CSV files: a row for each method and name, and the row
 * "Aggregated". They are computed from a tally, so they agree with every other report.
 *
 * The names of a scenario's rows are "CLASS METHOD NAME", where only NAME may have blanks. Locust's
 * rows have no class, so rows of several classes with the same method and name are merged. A name
 * of another form ("other") has no method.
 *
 * Times are latencies. A request may have no time: it is one of `requests`, but not of `timed`.
 *
 * Threads: one. Memory: 100 kB, and 290 kB if rows are merged; locust_stats_create, _destroy. Names
 * are borrowed from the rows of the last locust_stats_take.
 */
#ifndef LOADGEN_REPORT_LOCUST_STATS_H
#define LOADGEN_REPORT_LOCUST_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/tally.h"
#include "loadgen/target/rows.h"

/* The columns of percentiles: per million, title */
#define LOCUST_PERCENTILES(X)                                                                      \
    X(500000, "50%")                                                                               \
    X(660000, "66%")                                                                               \
    X(750000, "75%")                                                                               \
    X(800000, "80%")                                                                               \
    X(900000, "90%")                                                                               \
    X(950000, "95%")                                                                               \
    X(980000, "98%")                                                                               \
    X(990000, "99%")                                                                               \
    X(999000, "99.9%")                                                                             \
    X(999900, "99.99%")                                                                            \
    X(1000000, "100%")

#define X(per_million, title) +1
enum { LOCUST_PERCENTILES_ALL = 0 LOCUST_PERCENTILES(X) };
#undef X

/* Positions in LOCUST_PERCENTILES. */
enum { LOCUST_MEDIAN = 0, LOCUST_P90 = 4, LOCUST_P95 = 5, LOCUST_P99 = 7 };

struct locust_row {
    const char *method; /* not NUL-terminated; "" for the total */
    int method_length;
    const char *name;
    uint64_t requests; /* including failures */
    uint64_t failures;
    uint64_t bytes; /* of the answers */
    uint64_t timed; /* requests with a time; the fields below are 0 without any */
    uint64_t sum_ns;
    uint64_t min_ns;
    uint64_t max_ns;
    uint64_t percentiles_ns[LOCUST_PERCENTILES_ALL];
    /* The tally's rows in this row: members[begin] to members[end - 1]. */
    size_t begin;
    size_t end;
};

struct locust_stats {
    size_t count;
    struct locust_row rows[ROWS_ALL]; /* by name, then by method */
    struct locust_row total;
    double seconds; /* from the start of the run to the end of its last request */
    uint16_t members[ROWS_ALL];
    uint16_t row_of[ROWS_ALL]; /* index in `rows` of each used row of the tally */
    struct histogram sum;      /* for merged rows */
};

/* Creates stats without requests. NULL: out of memory. */
struct locust_stats *locust_stats_create(void);
void locust_stats_destroy(struct locust_stats *stats);

/*
 * Computes the stats from a tally whose rows have these names. start_ns: the start of the run, on
 * the clock of the tally's moments.
 */
void locust_stats_take(struct locust_stats *stats, const struct tally *tally,
                       const struct rows *names, uint64_t start_ns);

/* `count` divided by the seconds of the run. */
double locust_stats_rate(const struct locust_stats *stats, uint64_t count);

/* The percentiles of a histogram. */
void locust_stats_percentiles(const struct histogram *times,
                              uint64_t percentiles_ns[LOCUST_PERCENTILES_ALL]);

#endif
