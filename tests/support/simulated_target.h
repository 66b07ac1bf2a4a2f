/*
 * simulated_target - targets that are arithmetic, to test a capacity search without a network.
 *
 * Each draws a knee for itself from the seed, log-uniform from 50/s to 20,000/s. A trial is good if
 * its rate is at most the knee at that time. Whatever a trial's length, it draws once: a longer
 * trial of a bimodal target is no more reliable than a short one.
 *
 *     clean      the knee is fixed
 *     noisy      each trial draws its knee from a normal distribution with this mean and a standard
 *                deviation of half a width
 *     rarely low, mostly low
 *                in a tenth, or in nine tenths, of the trials another knee holds, which is 5 % to
 *                40 % lower: a noisy neighbour, or a cache that is rarely warm
 *     degrading  a trial over the knee lowers it by 15 %; the loss heals by 1 - 1/e in 20 s of
 *                trials and rest. What is below the lowered knee while it heals is good
 *     bistable   above 0.85 of its truth it tips over at random, sooner the higher the rate: a
 *                trial of standard length at the truth tips in half the cases, and longer trials
 *                more often. Once tipped it stays bad at every rate above 0.85 of the truth, until
 *                a trial below, or a rest, lets it recover; one rest in ten does not
 *     periodic   its trouble comes now and then: a trial that is twice as long as a standard one
 *                sees all of it, and a shorter one so little that the knee seems 1.5 times as high
 *     never, always
 *                every trial is good, or bad
 *
 * The truth is the rate at which half the trials are bad; of the degrading and the bistable target,
 * trials of standard length that find it recovered.
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
    double damage;         /* part of the knee that is lost at the moment */
    bool is_tipped;
    struct random random;
};

struct simulated_target simulated_target_make(enum simulated_model model, uint64_t seed,
                                              const struct search_options *options);

/* A guess at the capacity, as a probe gives it: its logarithm has a standard deviation of 0.2. */
double simulated_target_probe(struct simulated_target *target);

/* Rests, runs one trial, and says how it went. */
struct trial simulated_target_try(struct simulated_target *target, const struct search_move *move);

#endif
