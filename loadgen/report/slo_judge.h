/*
 * slo_judge - was it held? One verdict for reports, exit statuses and whoever else decides by it.
 *
 * A request that failed, timed out or was not started is slower than every limit: percentiles are
 * by nearest rank over all that was intended, and those rank above all answers; a mean or a maximum
 * with one of them in it is beyond every limit. errors = (intended - answers with 200 <= status <
 * 400) / intended. An answer with another status is an error, and has its latency.
 *
 * A row of a target has what was intended of it. Where that is not known (requests of a live source
 * that were not started, results that a damaged file lost) each row counts all of those, so that
 * nothing is held by not being known.
 *
 * What has no data is missed: no requests, no row with that name, no rate to take a percentage of.
 * Of results that were cut short nothing is held. Percentiles are as precise as those of reports
 * (0.05 %: one so near to its limit may be judged either way), everything else is exact. What is
 * compared with the limit is what the report shows.
 *
 * Threads, memory: pure functions. A verdict points into the slo.
 */
#ifndef LOADGEN_REPORT_SLO_JUDGE_H
#define LOADGEN_REPORT_SLO_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/summary.h"
#include "loadgen/report/slo.h"

enum { SLO_WHY = 160 };

struct slo_finding {
    const struct slo_criterion *criterion;
    double value; /* in the criterion's unit; INFINITY: beyond every limit; NAN: there is no data */
    bool is_held;
    char why[SLO_WHY]; /* what the value does not say; "" for nothing */
};

struct slo_verdict {
    bool is_met; /* all are held */
    size_t count;
    struct slo_finding list[SLO_CRITERIA_MAX];
};

/* Of a slo that is NULL nothing is asked: no criteria, and it is met. */
struct slo_verdict slo_judge(const struct slo *slo, const struct summary *summary);

/* What is known of a run that goes on. */
struct slo_progress {
    const struct tally *tally;  /* since the start */
    const struct rows *rows;    /* the names of the tally's rows */
    uint64_t intended;          /* in all, to the end; 0: not known */
    const uint64_t *row_shares; /* of these, by row; NULL: not known */
};

/*
 * Will it be missed whatever comes, even if every other request is answered at once? Then the
 * criterion; NULL while it may be met. Rate and throughput are known at the end only, and what is a
 * part of all that is intended only where that is known; one request without an answer is enough
 * for a mean or a maximum.
 */
const struct slo_criterion *slo_find_hopeless(const struct slo *slo,
                                              const struct slo_progress *progress);

#endif
