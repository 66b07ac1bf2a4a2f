/*
 * tally - everything that is counted of results, over any span of time and any number of threads.
 *
 * Tallies add up: merging the tallies of two threads gives the tally of both. All of a run's
 * numbers come from here, whether the results were counted as they came or read from a file.
 *
 * Threads: one writer, no lock. Memory: 2 MB, and 60 MB with rows, most of it untouched pages;
 * make one with tally_create. Texts are those of the text pool that the results' come from.
 */
#ifndef LOADGEN_MEASURE_TALLY_H
#define LOADGEN_MEASURE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/buckets.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/result.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/rows.h"

/* The histograms of a request's spans, in the order of reports. */
#define TIMINGS(X)                                                                                 \
    X(latency, "Latencies")                                                                        \
    X(service, "Service")                                                                          \
    X(connect, "Connect")                                                                          \
    X(wait, "Wait")                                                                                \
    X(lag, "Lag")

/* What is counted of the exchanges that came to an end; ended = answered + timed_out + failed. */
#define COUNTERS(X)                                                                                \
    X(ended)      /* results: whatever was started ends once */                                    \
    X(answered)   /* got a complete answer, of whatever status */                                  \
    X(timed_out)  /* got none in time */                                                           \
    X(failed)     /* connection or protocol broke */                                               \
    X(retried)    /* extra tries: a reused connection had just been closed */                      \
    X(redirected) /* hops that were followed */                                                    \
    X(late)       /* lag over RESULT_LATE_NS */

struct counters {
#define X(name) uint64_t name;
    COUNTERS(X)
#undef X
};

struct error_count {
    const char *text;
    uint64_t count;
};

/* The errors of one kind; of OUTCOME_ANSWERED those with a status outside 200 to 399. */
struct error_kind {
    uint64_t count;
    const char *example; /* the first text, NULL for none */
};

/* What is counted of the targets that share a name, or of an address. */
struct tally_row {
    uint64_t ended;
    uint64_t successes;
    uint64_t bytes_in;
    uint64_t bytes_out;
    struct histogram latency;
    struct histogram service;
    struct histogram unanswered;
};

enum { TALLY_CODES = 1000, TALLY_ERRORS = TEXT_POOL_MAX + 1 };

struct tally {
    struct counters counters;
    uint64_t bare; /* results of which only the latency is known */
    uint64_t bytes_in;
    uint64_t bytes_out;
    /* Moments since the start of the run; the first ones are UINT64_MAX when there are no results.
     */
    uint64_t first_intended_ns;
    uint64_t last_intended_ns;
    uint64_t first_started_ns;
    uint64_t last_started_ns;
    uint64_t end_ns; /* of the answer that was complete last */
    uint64_t codes[TALLY_CODES];
    size_t error_count;
    struct error_count errors[TALLY_ERRORS];
    struct error_kind kinds[OUTCOMES_ALL];
    struct buckets buckets; /* of the latencies, by the bounds of tally_count_by */
#define X(name, label) struct histogram name;
    TIMINGS(X)
#undef X
    struct histogram unanswered; /* of the latencies those of requests that got no answer */
    /* ROWS_ALL of each; NULL: results are not told apart by that. */
    struct tally_row *rows;      /* by target */
    struct tally_row *addresses; /* by address */
    struct histogram loop;       /* time from the return of epoll_wait to the last event handled */
};

/* What the kinds of errors are called, by outcome. */
extern const char *const error_kind_names[OUTCOMES_ALL];

/* NULL when memory is short. By what are results told apart as well? */
struct tally *tally_create(bool by_target, bool by_address);
void tally_destroy(struct tally *tally);

/* Counts latencies by these bounds as well; to be called before the first result. */
void tally_count_by(struct tally *tally, const struct buckets *bounds);

void tally_clear(struct tally *tally);

/* Counts one result. */
void tally_add(struct tally *tally, const struct result *result);

void tally_merge(struct tally *into, const struct tally *from);

/* Results with 200 <= code < 400: what vegeta calls success. */
uint64_t tally_successes(const struct tally *tally);

/* Values of all timings that were too long for the histograms. */
uint64_t tally_clipped(const struct tally *tally);

#endif
