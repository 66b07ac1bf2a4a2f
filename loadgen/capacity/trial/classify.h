/*
 * classify - decides whether a trial was good, bad or invalid.
 *
 *     invalid  if workers in other pods joined, left or were lost, so that different workers sent
 *              the beginning and the end of the trial
 *     good     otherwise, if all scheduled requests were started, and the SLO was met. The
 *              latencies include all delays of the generator, which can only make them longer
 *     bad      otherwise, if a miss is certain (verdict/judge.h)
 *     invalid  otherwise, if the generator was the limit (verdict/generator.h), was too late to
 *              start requests, or lacked ports, descriptors or memory
 *     bad      otherwise
 *
 * This module only judges; reason.h puts a finding into words. Threads, memory: pure functions. A
 * finding points into the verdict.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_CLASSIFY_H
#define LOADGEN_CAPACITY_TRIAL_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/capacity/search/trial.h"
#include "loadgen/measure/summary.h"
#include "loadgen/verdict/generator.h"
#include "loadgen/verdict/judge.h"

/* The fields after `outcome` are set only if the trial is not good. */
struct trial_finding {
    enum trial_outcome outcome;
    bool is_capped;  /* the cap may be the cause, because many requests waited for a connection */
    uint64_t waited; /* requests that waited for a connection, or were never started although the
                        generator was on time */
    struct generator_verdict generator;
};

struct trial_finding classify_trial(const struct slo_verdict *verdict,
                                    const struct summary *summary);

#endif
