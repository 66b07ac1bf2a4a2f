/*
 * prometheus - the metrics of a run in progress, in Prometheus text format 0.0.4.
 *
 * Counts begin with the measurement, so the last page equals the report. Names are `loadgen_...`.
 * The number of label values is bounded, whatever servers send: `target` is the name of one of at
 * most ROWS_ALL rows of the report (rows.h); `code` is an HTTP status; `reason` is from a fixed
 * list; `message` is one of at most EXCEPTIONS_MAX messages of exceptions, or "other". If there is
 * only one row, its histograms are those of the run. For a partial row (rows_is_partial),
 * loadgen_target_partial is 1.
 *
 * offered = sent + dropped + waiting (due, not started); sent = completed + errors + inflight. The
 * values of a page are read one after another while the run continues, so these equations are exact
 * only after the end of the run. `dropped` is 0 until then.
 *
 * Histogram bounds are ends of histogram.h buckets, two per power of two, so counts are exact. A
 * bound is the last nanosecond included (0.000131071 s is 2^17 - 1 ns). Sum and count are exact
 * too.
 *
 * Threads, memory: no state; the page is only read.
 */
#ifndef LOADGEN_REPORT_PROMETHEUS_H
#define LOADGEN_REPORT_PROMETHEUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "loadgen/binary/journal.h"
#include "loadgen/measure/summary.h"

/* All pointers are borrowed. */
struct prometheus_page {
    const char *name;          /* of the attack; "" for none */
    const struct rows *rows;   /* names of the tally's rows; another thread may add some */
    const struct tally *tally; /* since the start */
    const struct generator *generator;
    const struct exceptions *exceptions; /* of scripts; NULL: there are none */
    uint64_t offered;                    /* due since the start */
    uint64_t sent;                       /* started since the start */
    uint64_t in_flight;
    uint64_t dropped_waiting;  /* not started: no free connection */
    uint64_t dropped_too_late; /* not started: the generator was too late */
    uint64_t iterations;       /* of users, started at a rate */
    uint64_t iterations_dropped;
    uint64_t open_files;
};

/* The page during a run, and after its end; both without name and open files. */
struct prometheus_page prometheus_of_second(const struct second *second);
struct prometheus_page prometheus_of_summary(const struct summary *summary);

/* False if `out` cannot be written. */
bool prometheus_write(const struct prometheus_page *page, FILE *out);

/* Returns the page as text of this length, which the caller frees. NULL: out of memory. */
char *prometheus_print(const struct prometheus_page *page, size_t *length);

#endif
