/*
 * reason - says in a sentence why a trial was not good, for its record and the reports.
 *
 *     p99<100ms (150ms); 50% of the requests waited for one of 1024 connections, the cap per host
 *         and port (-max-connections). Generator-limited: ...
 *
 * Threads, memory: pure functions; the text is the caller's.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_REASON_H
#define LOADGEN_CAPACITY_TRIAL_REASON_H

#include "loadgen/capacity/trial/classify.h"

enum { REASON_TEXT = 1024 };

/* The cap on connections, and the flag that raises it. */
struct reason_cap {
    uint64_t max_connections;
    const char *flag;
};

/*
 * Prints why the trial was not good, from the finding of classify_trial; "" for a good trial.
 * `is_recovered`: the target had recovered before the trial (trial_runner.h). Returns `text`.
 */
const char *reason_print(const struct trial_finding *finding, const struct slo_verdict *verdict,
                         const struct summary *summary, const struct reason_cap *cap,
                         bool is_recovered, char text[REASON_TEXT]);

#endif
