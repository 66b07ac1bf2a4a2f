/*
 * generator_text - the verdict on the generator, in words: what limited it and what to change.
 *
 *     Clean: the generator used 1.5% of its CPU, and its 99th-percentile lag was 57µs.
 *     Disturbed by the generator: p99 3.91ms (310µs without the generator's lag), though its CPU
 *         was mostly idle. Other processes on this machine delayed it; run it on dedicated CPUs.
 *     Generator-limited: it used 93% of its CPU limit (0.5 CPUs). Give it more CPU or ...
 *
 * If scripts ran, the text ends with "Scripts used 83% of the generator's CPU."
 *
 * Threads, memory: pure functions; the text is the caller's.
 */
#ifndef LOADGEN_REPORT_GENERATOR_TEXT_H
#define LOADGEN_REPORT_GENERATOR_TEXT_H

#include "loadgen/verdict/generator.h"

enum { GENERATOR_TEXT = 1024 };

/* `verdict` is the result of generator_judge for this summary. Returns `text`. */
const char *generator_verdict_print(const struct generator_verdict *verdict,
                                    const struct summary *summary, char text[GENERATOR_TEXT]);

#endif
