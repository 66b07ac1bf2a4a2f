/*
 * prometheus - a run as Prometheus text 0.0.4: what is counted so far, for whoever scrapes it.
 *
 * All is counted from the start of what is measured, so the page of the end says what the report
 * says. The names are `loadgen_...`; there is no label whose values a server can make grow:
 * `target` is the name of a row of the report (rows.h), of which there are ROWS_ALL at most, `code`
 * an HTTP status, `reason` a word of ours. With one row the run's own histograms are that row's.
 *
 * offered = sent + dropped + what is due and waits; sent = completed + errors + inflight. The parts
 * of a page are read one after the other while the run goes on, so this holds to the request only
 * when it is over, and so does `dropped`, which is 0 until then.
 *
 * The bounds of the histograms are where buckets of histogram.h end, two in each power of two: the
 * counts are exact, and a bound is the last nanosecond that counts (0.000131071 s is 2^17 - 1 ns).
 * Sum and count are exact as well.
 *
 * Threads, memory: a pure function of the page.
 */
#ifndef LOADGEN_REPORT_PROMETHEUS_H
#define LOADGEN_REPORT_PROMETHEUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "loadgen/measure/summary.h"

/* All of it is borrowed. */
struct prometheus_page {
    const char *name;          /* of the attack; "" for none */
    const struct rows *rows;   /* the names of the tally's rows; another thread may add to them */
    const struct tally *tally; /* since the start */
    const struct generator *generator;
    uint64_t offered; /* due since the start */
    uint64_t sent;    /* started since the start */
    uint64_t in_flight;
    uint64_t dropped_waiting;  /* not started for want of a connection */
    uint64_t dropped_too_late; /* not started because the generator was too far behind */
    uint64_t open_files;
};

/* False when `out` cannot be written. */
bool prometheus_write(const struct prometheus_page *page, FILE *out);

#endif
