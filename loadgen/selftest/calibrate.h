/*
 * calibrate - measures the highest rate at which this generator can be trusted on this machine.
 *
 * A null server takes the place of the target. It runs in separate processes, so its CPU time is
 * measured separately. A closed loop first shows how much CPU a request costs on each side. Runs at
 * fixed rates then search for the highest on-time rate. A rate is on time if all requests started
 * and none failed, there is no sign of trouble (verdict/generator.h), and the 99th percentile of
 * lag is at most a tenth of the tightest latency limit.
 *
 * The null server uses CPU that the generator will have for itself when the target runs elsewhere.
 * So the trusted rate follows from the CPU utilization at the highest on-time rate:
 *
 *     c      CPU time of the generator per request
 *     s      CPU time of the null server per request
 *     L      CPUs: the limit of cgroup and affinity
 *     n      threads of the generator
 *     u      CPU utilization at the highest on-time rate: the larger of rate * (c + s) / L and
 *            rate * c / n; at most CALIBRATE_UTILISATION, because above that the verdict on the
 *            generator has a sign of trouble
 *
 *     trusted rate = u * min(L, n) / c
 *
 * c and s are measured at the highest on-time rate, because they depend on the rate: at higher
 * rates, more requests share a wake-up, and each costs less.
 *
 * A rate counts as late if two runs in a row at this rate were late, or if one late run used at
 * least CALIBRATE_UTILISATION of the CPU. So a short disturbance by another program does not halve
 * the result.
 *
 * With u = 0.8, the trusted rate is the one at which the generator alone uses 80% of its CPU. If
 * no rate was on time, other programs are assumed to be the cause, and the CPU to be the only
 * limit: u is then 0.8, and c is measured at the lowest rate tried.
 *
 * c is the cost of a plain GET with a short answer. TLS, HTTP/2, long answers and proxies cost
 * more, so calibrate_rate takes the cost of a request to the real target, and uses the larger of
 * that cost and c.
 *
 * Threads: one. calibrate forks the null server and calls `run`; no other run may be in progress.
 * Memory: a calibration is plain data.
 */
#ifndef LOADGEN_SELFTEST_CALIBRATE_H
#define LOADGEN_SELFTEST_CALIBRATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/run/run.h"

#define CALIBRATE_UTILISATION 0.8

enum { CALIBRATE_STEPS_MAX = 8 };

struct calibrate_options {
    unsigned threads;   /* of the generator */
    double tightest_ns; /* the tightest latency limit; INFINITY: none, 10 ms is assumed */
    uint64_t step_ns;   /* length of each run */
    unsigned steps;     /* maximum runs after the closed loop; at most CALIBRATE_STEPS_MAX */
    const struct control *control;
};

/* One run at a fixed rate. */
struct calibrate_step {
    double rate; /* requests per second */
    bool is_on_time;
    double utilisation; /* of the CPUs, 0 to 1 */
    uint64_t lag_p99_ns;
    uint64_t request_ns; /* CPU time of the generator per request */
    uint64_t server_ns;  /* CPU time of the null server per request */
};

struct calibration {
    double cpus;         /* min(L, n) */
    double utilisation;  /* u */
    bool is_on_time;     /* at least one rate was on time */
    double rate_on_time; /* the highest, with the null server on the same CPUs; 0: none */
    uint64_t lag_p99_ns; /* at that rate; 0: none */
    uint64_t request_ns; /* c */
    uint64_t server_ns;  /* s */
    size_t count;
    struct calibrate_step steps[CALIBRATE_STEPS_MAX];
};

/* False with ERR_NONE if it was interrupted. */
bool calibrate(const struct calibrate_options *options, struct calibration *calibration,
               struct err *err);

/*
 * The trusted rate per second for a real target whose requests cost request_ns of CPU time each (0:
 * not known). If c is larger, c is used instead. The rate is rounded down to three significant
 * digits and to a whole number, and is at least 1.
 */
double calibrate_rate(const struct calibration *calibration, uint64_t request_ns);

/* Public for tests: the rate of the next run, from the steps so far; 0: no more runs are needed. */
double calibrate_next(const struct calibrate_step *steps, size_t count, double first_rate);

/* Computes all fields but `cpus`, `count` and `steps` from the steps. */
void calibrate_conclude(struct calibration *calibration);

/* The trusted rate and the figures that it follows from, for reports and journals:
   docs/selftest.schema.json. NULL if out of memory. */
json_t *calibrate_to_json(const struct calibration *calibration, uint64_t request_ns);

#endif
