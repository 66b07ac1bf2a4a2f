/*
 * simulated_target - targets that are only computed, to test capacity searches without a network.
 *
 * Each draws its knee from the seed, log-uniform from 50/s to 20,000/s. A trial is good if its rate
 * is at most the knee at that time. A trial of any length draws once, so a long trial of a target
 * with two knees is no more reliable than a short one.
 *
 *     clean      the knee is fixed
 *     noisy      each trial draws its knee from a normal distribution with this mean and a standard
 *                deviation of half a width
 *     rarely low, mostly low
 *                in a tenth, or in nine tenths, of the trials, the knee is 5% to 40% lower, as with
 *                a noisy neighbor, or a cache that is rarely warm
 *     degrading  a trial above the knee lowers it by 15%. The loss shrinks by a factor of e in 20 s
 *                of trials and rest. Meanwhile, rates below the lowered knee are good
 *     bistable   above 0.85 of its truth, it fails at random, sooner at higher rates: at the truth,
 *                half the trials of standard length fail, and more of the longer ones. Then it
 * stays bad at every rate above 0.85 of the truth, until it recovers in a trial below, or in nine
 * out of ten rests periodic   it has trouble now and then. A trial of twice the standard length
 * sees all of it. A shorter one sees so little that the knee seems 1.5 times as high never, always
 *                every trial is good, or bad
 *
 * The truth is the rate at which half the trials are bad. For the degrading and the bistable
 * target, these are trials of standard length that begin when the target has recovered.
 *
 * Threads: one. Memory: plain data.
 */
#ifndef TESTS_SUPPORT_SIMULATED_TARGET_H
#define TESTS_SUPPORT_SIMULATED_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/base/random.h"
#include "loadgen/capacity/search/search.h"
#include "loadgen/capacity/search/trial.h"

#define SIMULATED_MODELS(X)                                                                        \
    X(CLEAN, "clean")                                                                              \
    X(NOISY, "noisy")                                                                              \
    X(RARELY_LOW, "rarely low")                                                                    \
    X(MOSTLY_LOW, "mostly low")                                                                    \
    X(DEGRADING, "degrading")                                                                      \
    X(BISTABLE, "bistable")                                                                        \
    X(PERIODIC, "periodic")                                                                        \
    X(NEVER, "never failing")                                                                      \
    X(ALWAYS, "always failing")

enum simulated_model {
#define X(constant, name) SIMULATED_##constant,
    SIMULATED_MODELS(X)
#undef X
        SIMULATED_ALL
};

extern const char *const simulated_names[SIMULATED_ALL];

struct simulated_target {
    enum simulated_model model;
    double truth;
    double width;      /* of the search */
    uint64_t trial_ns; /* standard length of a trial */
    double other_knee;
    double generator_rate; /* trials above it are invalid; 0: none */
    double damage;         /* part of the knee that is lost now */
    bool is_tipped;
    struct random random;
};

struct simulated_target simulated_target_make(enum simulated_model model, uint64_t seed,
                                              const struct search_options *options);

/* Estimates the capacity, as a probe does: the logarithm has a standard deviation of 0.2. */
double simulated_target_probe(struct simulated_target *target);

/* Rests, runs one trial, and returns its result. */
struct trial simulated_target_try(struct simulated_target *target, const struct search_move *move);

#endif
