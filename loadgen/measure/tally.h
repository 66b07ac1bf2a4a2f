/*
 * tally - counters and histograms of results.
 *
 * Tallies can be merged, over threads and over time. Every number of a report comes from a tally,
 * whether the results were counted during the run or read from a file.
 *
 * Threads: one writer, no lock. Memory: 3 MB, most of it in untouched pages. Each table of rows
 * adds 250 kB, and each row with more than a few results 1.5 MB, again mostly untouched. After
 * tally_reserve, counting results of the reserved rows never allocates. Texts belong to the text
 * pool of the results.
 */
#ifndef LOADGEN_MEASURE_TALLY_H
#define LOADGEN_MEASURE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/answer/violations.h"
#include "loadgen/measure/buckets.h"
#include "loadgen/measure/failures.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/result.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/rows.h"

/*
 * The histograms of a request's spans, in the order of reports. Response is latency - lag: the
 * latency without the generator's own delay.
 */
#define TIMINGS(X)                                                                                 \
    X(latency, "Latencies")                                                                        \
    X(response, "Response")                                                                        \
    X(service, "Service")                                                                          \
    X(connect, "Connect")                                                                          \
    X(wait, "Wait")                                                                                \
    X(lag, "Lag")

/* Latency and response of the unanswered requests only. */
#define UNANSWERED(X)                                                                              \
    X(unanswered)          /* part of latency */                                                   \
    X(unanswered_response) /* part of response */

/* The histograms of a row. */
#define ROW_HISTOGRAMS(X)                                                                          \
    X(latency)                                                                                     \
    X(response)                                                                                    \
    X(service)                                                                                     \
    UNANSWERED(X)

/* The counters of a row. */
#define ROW_COUNTERS(X)                                                                            \
    X(ended)                                                                                       \
    X(successes) /* result_is_success */                                                           \
    X(bytes_in)                                                                                    \
    X(bytes_out)

/* Counters of exchanges that ended; ended = answered + timed_out + failed + fired. */
#define COUNTERS(X)                                                                                \
    X(ended)      /* results: one per started request, unless it was abandoned */                  \
    X(answered)   /* complete answers, whatever the status */                                      \
    X(timed_out)  /* no complete answer in time */                                                 \
    X(failed)     /* connection or protocol errors */                                              \
    X(fired)      /* fired by scripts: nothing was sent */                                         \
    X(retried)    /* retries: a reused connection closed, or HTTP/2 refused the stream */          \
    X(redirected) /* redirects followed */                                                         \
    X(malformed)  /* answers that break RFC 9112; they count as answered */                        \
    X(late)       /* lag over RESULT_LATE_NS */                                                    \
    X(accepted)   /* judged a success by a script, although the status is not 200 to 399 */        \
    X(refused)    /* judged a failure by a script, although the status is 200 to 399 */

struct counters {
#define X(name) uint64_t name;
    COUNTERS(X)
#undef X
};

/* Sums over all results. */
#define TALLY_SUMS(X)                                                                              \
    X(bare) /* results that have only a latency */                                                 \
    X(bytes_in)                                                                                    \
    X(bytes_out)

/*
 * Nanoseconds since the start of the run, or since 1970 if read from files; first_... are
 * UINT64_MAX without results.
 */
#define TALLY_MOMENTS(FIRST, LAST)                                                                 \
    FIRST(first_intended_ns)                                                                       \
    LAST(last_intended_ns)                                                                         \
    FIRST(first_started_ns)                                                                        \
    LAST(last_started_ns)                                                                          \
    LAST(end_ns) /* when the last request ended */

struct error_count {
    const char *text;
    uint64_t count;
};

/* Errors with the same outcome. For OUTCOME_ANSWERED: answers that are not successes. */
struct error_kind {
    uint64_t count;
    const char *example; /* the first text, or NULL */
};

/* Results of the targets that share a name, or of one address. All zeroes until first used. */
struct tally_row {
    bool is_used;
#define X(name) uint64_t name;
    ROW_COUNTERS(X)
#undef X
#define X(name) struct histogram name;
    ROW_HISTOGRAMS(X)
#undef X
};

enum { TALLY_CODES = 1000, TALLY_ERRORS = TEXT_POOL_MAX + 1 };

struct tally {
    struct counters counters;
#define X(name) uint64_t name;
    TALLY_SUMS(X)
    TALLY_MOMENTS(X, X)
#undef X
    uint64_t codes[TALLY_CODES];
    uint64_t violations[VIOLATIONS_ALL]; /* requests by violation of RFC 9112 */
    size_t error_count;
    struct error_count errors[TALLY_ERRORS];
    struct error_kind kinds[OUTCOMES_ALL];
    struct buckets buckets; /* latencies between the bounds of tally_count_by */
#define X(name, label) struct histogram name;
    TIMINGS(X)
#undef X
#define X(name) struct histogram name;
    UNANSWERED(X)
#undef X
    struct failures failures;    /* by target; empty unless `rows` are counted */
    struct tally_row *rows;      /* by target, ROWS_ALL of them; NULL: not counted */
    struct tally_row *addresses; /* by address, also ROWS_ALL; NULL: not counted */
    struct histogram loop;       /* from the return of epoll_wait to the last event handled */
};

/* Names of the kinds of errors, by outcome. */
extern const char *const error_kind_names[OUTCOMES_ALL];

/* An empty tally, with rows by target and by address if requested. NULL if out of memory. */
struct tally *tally_create(bool by_target, bool by_address);
void tally_destroy(struct tally *tally);

/* Makes the tally also count latencies between these bounds. Call this before the first result. */
void tally_count_by(struct tally *tally, const struct buckets *bounds);

void tally_clear(struct tally *tally);

/* Returns the row, initialized if it was unused. */
struct tally_row *tally_use_row(struct tally_row *rows, size_t row);

/* Allocates everything that the first `count` rows and "other" can need. False if out of memory. */
bool tally_reserve(struct tally_row *rows, size_t count);

/* Counts one result. */
void tally_add(struct tally *tally, const struct result *result);

/*
 * Counts n errors with this text, which must be from the pool. The table has room for all texts of
 * the pool.
 */
void tally_count_error(struct tally *tally, const char *text, uint64_t n);

void tally_merge(struct tally *into, const struct tally *from);

/* The number of successful results (result_is_success). */
uint64_t tally_successes(const struct tally *tally);

/*
 * Requests that failed because this machine lacked local ports, descriptors or memory. Errors whose
 * text is not kept (text_pool.h) count too.
 */
uint64_t tally_own_failures(const struct tally *tally);

/* The number of values too long for the histograms, over all timings. */
uint64_t tally_clipped(const struct tally *tally);

#endif
