/*
 * generator - judges whether the generator disturbed the measurement, or limited it.
 *
 * Signs of trouble:
 *
 *     too late     it was so late that some requests were never started
 *     throttled    the kernel throttled it for over 1% of the time
 *     cpu          it used over 80% of its CPU limit
 *     threads      its threads, fewer than its CPUs, were over 80% busy
 *     loop         the 99th percentile of event loop turns (wake-up to last event handled) exceeds
 *                  a tenth of the SLO's tightest latency limit, or 1 ms if it has none
 *     lag          latencies miss a latency limit of the SLO, but responses meet it (judge.h)
 *     lost         workers were lost, and what they sent is not known
 *
 * The verdict:
 *
 *     limit        there is a sign, and no criterion is certainly missed. A missed SLO then says
 *                  nothing about the target
 *     disturbed    there is a sign, or lag moved one of p50, p90, p95, p99 and p99.9 (slo_is_moved)
 *     clean        neither
 *
 * The capacity search asks:
 *
 *     slo_judge(slo, summary).is_met               a good trial, if all intended requests started
 *     .is_certain                                  a bad trial, whatever the generator did
 *     generator_judge(summary, &verdict).class     GENERATOR_LIMIT: a missed trial is invalid
 *     .signs, .own_failures                        why
 *     generator_read_late_ns(&summary->generator)  upper bound on how late answers were read
 *
 * The remedy names the bottleneck. More CPU is advised only if the generator used over 80% of its
 * CPU or was throttled at all. After any throttling, the remedy is never REMEDY_DEDICATED_CPU,
 * because throttled time is only a lower bound (cgroup.h).
 *
 * This module only judges; report/generator_text.h puts the verdict into words. Threads, memory: a
 * pure function; the verdict points into the verdict on the SLO.
 */
#ifndef LOADGEN_VERDICT_GENERATOR_H
#define LOADGEN_VERDICT_GENERATOR_H

#include <stddef.h>

#include "loadgen/measure/summary.h"
#include "loadgen/verdict/judge.h"

/* Bits of generator_verdict.signs, in the order of reports. */
enum generator_sign {
    GENERATOR_TOO_LATE = 1 << 0,
    GENERATOR_THROTTLED = 1 << 1,
    GENERATOR_CPU = 1 << 2,
    GENERATOR_THREADS = 1 << 3,
    GENERATOR_LOOP = 1 << 4,
    GENERATOR_LAG = 1 << 5,
    GENERATOR_LOST = 1 << 6,
};

enum generator_class {
    GENERATOR_UNKNOWN, /* the results do not record the generator's state */
    GENERATOR_CLEAN,
    GENERATOR_DISTURBED,
    GENERATOR_LIMIT,
};

/* The advice, by the resource that was short. */
enum generator_remedy {
    REMEDY_REPEAT,        /* the only sign is lost workers */
    REMEDY_ONE_ATTACK,    /* other attacks in its container competed for CPU */
    REMEDY_PORTS,         /* free local ports were scarce */
    REMEDY_MORE_CPU,      /* its CPU limit was reached */
    REMEDY_MORE_THREADS,  /* its threads were busy, but some CPUs were not */
    REMEDY_DEDICATED_CPU, /* its CPU was mostly idle: other processes delayed it */
    REMEDY_LESS_LOAD,     /* it had some CPU left */
};

/* A percentile that lag moved. */
struct generator_move {
    const char *name; /* "p99" */
    uint64_t latency_ns;
    uint64_t response_ns;
};

enum { GENERATOR_MOVES = 5 };

struct generator_verdict {
    enum generator_class class;
    unsigned signs;               /* bits of enum generator_sign */
    enum generator_remedy remedy; /* only if disturbed or limit */
    double cpu_share;             /* CPU used / its CPU limit, 0 to 1 */
    double thread_share;          /* CPU used / what its threads can use, 0 to 1 */
    double script_share;          /* CPU used by scripts of users / CPU used, 0 to 1 */
    uint64_t own_failures; /* requests that failed for lack of ports, descriptors or memory */
    size_t move_count;
    struct generator_move moves[GENERATOR_MOVES];
    const char
        *worst; /* of several workers: the name of the one that caused the signs; NULL: none */
    const struct slo_finding *lagged; /* the first finding that causes GENERATOR_LAG, or NULL */
};

/* `slo` is the verdict on the SLO of this summary; NULL: there is none. */
struct generator_verdict generator_judge(const struct summary *summary,
                                         const struct slo_verdict *slo);

/* Returns "unknown", "clean", "disturbed" or "limit". */
const char *generator_class_name(enum generator_class class);

#endif
