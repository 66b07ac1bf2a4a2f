/*
 * selftest - measures how far this generator can be trusted on this machine.
 *
 *     the trusted rate    calibrate.h
 *     floors              latency and lag at a low rate, against a server that does nothing: the
 *                         minimum that every reported latency contains
 *     known answers       known_answers.h
 *
 * It takes about 10 s. docs/selftest.md explains the text output, docs/selftest.schema.json the
 * JSON output.
 *
 * Threads: one; selftest_run calls `run` on it. Memory: selftest_destroy, even on failure.
 */
#ifndef LOADGEN_SELFTEST_SELFTEST_H
#define LOADGEN_SELFTEST_SELFTEST_H

#include <stdbool.h>
#include <stdio.h>

#include "loadgen/selftest/calibrate.h"
#include "loadgen/selftest/known_answers.h"

enum { SELFTEST_FORMAT = 1 };

struct selftest {
    struct calibration calibration;
    double rate;            /* the trusted rate, requests per second */
    double floor_rate;      /* rate at which the floors were measured, requests per second */
    struct summary *floors; /* NULL: not measured */
    struct known_answer answers[KNOWN_ALL];
};

/* Measures with `threads` threads. False with ERR_NONE if it was interrupted. */
bool selftest_run(struct selftest *selftest, unsigned threads, const struct control *control,
                  struct err *err);
void selftest_destroy(struct selftest *selftest);

/* False if out cannot be written. */
bool selftest_write_text(const struct selftest *selftest, FILE *out);
bool selftest_write_json(const struct selftest *selftest, FILE *out);

/*
 * False with err if the generator cannot be trusted: ERR_FAILED, which lists the wrong answers, or
 * ERR_GENERATOR_LIMIT if some answers are unclear or no rate was on time.
 */
bool selftest_conclude(const struct selftest *selftest, struct err *err);

#endif
