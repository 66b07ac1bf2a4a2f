/*
 * runs - skips bytes of one kind: a part of the answer reader (answer.h).
 *
 * On x86-64, it reads sixteen bytes at a time with SSE2; on other CPUs, one at a time.
 */
#ifndef LOADGEN_HTTP_ANSWER_RUNS_H
#define LOADGEN_HTTP_ANSWER_RUNS_H

/* Returns the first byte that is not allowed in a name, or `end`. */
const char *runs_skip_name(const char *at, const char *end);

/* Returns the first control character other than tab, or `end`. */
const char *runs_skip_text(const char *at, const char *end);

#endif
