/*
 * known_answers - checks that this generator reports known disturbances correctly on this machine.
 *
 *     stall      the null server stops for 200 ms. Requests due during the stall wait until its
 *                end. Each that was due 100 ms or more before that end must be reported with a
 *                latency over 100 ms. A generator that stopped sending during the stall would
 *                report only a few
 *     delay      each answer is delayed by 20 ms. No latency may be lower, the minimum may be only
 *                slightly higher, and the service times must add up to at least the delays
 *     failures   some answers are 503, some are cut off: exactly these must be reported
 *
 * The expected values are computed from what the server recorded (null_server/script.h), so they
 * remain valid if a busy machine delays the server. An answer is
 *
 *     right      if it is as expected
 *     wrong      if it is not, and no disturbance explains the difference
 *     unclear    if the generator was disturbed, or the stall was not within the run
 *
 * Threads: one; known_answers_run calls `run` on it. known_answer_judge is a pure function.
 */
#ifndef LOADGEN_SELFTEST_KNOWN_ANSWERS_H
#define LOADGEN_SELFTEST_KNOWN_ANSWERS_H

#include <stdbool.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/measure/summary.h"
#include "loadgen/null_server/script.h"
#include "loadgen/run/run.h"

#define KNOWN_DELAY_NS (20 * NS_PER_MS)
#define KNOWN_STALL_NS (200 * NS_PER_MS)
#define KNOWN_OVER_NS (100 * NS_PER_MS)

#define KNOWN_ANSWERS(X)                                                                           \
    X(STALL, stall)                                                                                \
    X(DELAY, delay)                                                                                \
    X(FAILURES, failures)

enum known_answer_name {
#define X(constant, name) KNOWN_##constant,
    KNOWN_ANSWERS(X)
#undef X
        KNOWN_ALL
};

#define KNOWN_OUTCOMES(X)                                                                          \
    X(RIGHT, right)                                                                                \
    X(WRONG, wrong)                                                                                \
    X(UNCLEAR, unclear)

enum known_outcome {
#define X(constant, name) KNOWN_##constant,
    KNOWN_OUTCOMES(X)
#undef X
};

extern const char *const known_answer_names[KNOWN_ALL];
extern const char *const known_outcome_names[];

enum { KNOWN_TEXT = 160 };

struct known_answer {
    enum known_outcome outcome;
    char text[KNOWN_TEXT]; /* what the server did, and what was reported */
};

/* Runs all checks with `threads` threads. False with ERR_NONE if it was interrupted. */
bool known_answers_run(unsigned threads, const struct control *control,
                       struct known_answer answers[KNOWN_ALL], struct err *err);

/* Judges one answer: compares the report in `summary` with what the server did. */
struct known_answer known_answer_judge(enum known_answer_name name, const struct summary *summary,
                                       const struct null_account *account);

#endif
