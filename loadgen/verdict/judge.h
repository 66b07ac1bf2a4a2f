/*
 * judge - judges whether the SLO was met: one verdict for reports, exit statuses and the capacity
 * search.
 *
 * A request that failed, timed out or was not started is slower than every limit. Percentiles are
 * by nearest rank over all intended requests, and those three kinds rank above all answers; a
 * single one makes mean and maximum exceed every limit. errors = (intended - successes) / intended;
 * result_is_success (result.h) defines a success. Any other answer is an error, but its latency
 * counts like that of a success.
 *
 * A target's criterion is judged over the requests intended for it. If it is unknown which target
 * some requests were for (not started by a lazy source, or lost in a damaged file), every row
 * counts all of them, so missing data never makes a criterion pass.
 *
 * A criterion is missed if its data is missing: no requests, no row with that name, or no rate to
 * take a percentage of. Every criterion is missed if results were cut short, or if an iteration of
 * users was dropped because no user was free: it is then unknown how the target would have handled
 * the rest.
 *
 * The compared value is the one that the report shows. A percentile is at most 0.05% off, so one
 * that close to its limit may be judged either way. Everything else is exact.
 *
 * A miss is certain if the target would have missed the criterion even with an ideal generator. To
 * find out, the criterion's value is computed again:
 *
 *     times                from responses (latency - lag), minus the upper bound on how late
 *                          an answer was read (generator_read_late_ns)
 *     errors, throughput   as if two kinds of requests had been successful: those that the
 *                          generator was too late to start or that were lost with a worker, and
 *                          those that failed because this machine lacked local ports, descriptors
 *                          or memory
 *     rate                 as if the first kind had been sent
 *
 * For times, both kinds count as answered immediately. Lag that was not recorded counts as 0. A
 * miss for lack of data, or because results were cut short or iterations dropped, is certain, too:
 * a better generator would not change it.
 *
 * This module only judges; report/slo_print.h puts verdicts into words. Threads, memory: pure
 * functions. A verdict points into the slo and the summary.
 */
#ifndef LOADGEN_VERDICT_JUDGE_H
#define LOADGEN_VERDICT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/summary.h"
#include "loadgen/verdict/slo.h"

/* What a finding's value does not show: why the criterion is missed, or what the value lacks. */
enum slo_reason {
    SLO_NO_REASON,
    SLO_TOO_FEW_REQUESTS,  /* for a rate */
    SLO_NO_SCHEDULED_RATE, /* none to take a percentage of, or none recorded */
    SLO_NO_TARGET,         /* with this name */
    SLO_NO_REQUESTS,
    SLO_UNANSWERED,         /* some requests got no answer */
    SLO_UNANSWERED_OR_LOST, /* some got no answer, or results were lost in a damaged file */
    SLO_PARTIAL,            /* some requests of its target may count as "other": rows_is_partial */
    SLO_DROPPED,            /* some iterations of users found no free user */
    SLO_CUT_SHORT,          /* met so far, but the results were cut short */
};

struct slo_finding {
    const struct slo_criterion *criterion;
    double value;        /* in the criterion's unit; INFINITY: over every limit; NAN: no data */
    double response;     /* a time, as if the generator had sent on time; NAN: not a time */
    double target_value; /* the value with an ideal generator; never worse than `value` */
    bool is_held;
    bool is_lag;     /* missed, and met by `response` */
    bool is_certain; /* missed, and an ideal generator would not change that: see above */
    enum slo_reason reason;
    const char *nearest;           /* SLO_NO_TARGET: the target with the nearest name, or NULL */
    uint64_t unanswered, intended; /* SLO_UNANSWERED and SLO_UNANSWERED_OR_LOST: requests;
                                      SLO_DROPPED: iterations */
};

struct slo_verdict {
    bool is_met;        /* every criterion is met */
    bool is_certain;    /* at least one is certainly missed */
    double tightest_ns; /* the tightest latency limit; INFINITY: none */
    size_t count;
    struct slo_finding list[SLO_CRITERIA_MAX];
};

/* `slo` NULL: no criteria, so it is met. */
struct slo_verdict slo_judge(const struct slo *slo, const struct summary *summary);

/*
 * True if latency exceeds response by over a tenth of response and by over 1 ms (or over a tenth of
 * the limit, if that is less; INFINITY: no limit). False if either time is INFINITY.
 */
bool slo_is_moved(double latency_ns, double response_ns, double limit_ns);

#endif
