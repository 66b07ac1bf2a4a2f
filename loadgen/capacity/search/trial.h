/*
 * trial - the outcome of one run at one rate, as the search needs it.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_TRIAL_H
#define LOADGEN_CAPACITY_SEARCH_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

/* The outcomes of a trial: constant, and name in files and reports. */
#define TRIAL_OUTCOMES(X)                                                                          \
    X(GOOD, good)       /* all requests were started, and the SLO was met */                       \
    X(BAD, bad)         /* the SLO was missed, or requests were not started */                     \
    X(INVALID, invalid) /* like BAD, but the generator may be the cause; or workers changed */

enum trial_outcome {
#define X(constant, name) TRIAL_##constant,
    TRIAL_OUTCOMES(X)
#undef X
};

struct trial {
    double rate;          /* requests per second */
    uint64_t duration_ns; /* as planned; a trial that misses the SLO may end earlier */
    uint64_t took_ns;     /* including the rest and recovery before it and the drain after it */
    enum trial_outcome outcome;
    bool workers_changed; /* it is invalid because workers joined, left or were lost */
};

#endif
