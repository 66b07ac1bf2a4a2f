/*
 * head - reads the lines of a head and of trailers: a part of the answer reader (answer.h).
 */
#ifndef LOADGEN_HTTP_ANSWER_HEAD_H
#define LOADGEN_HTTP_ANSWER_HEAD_H

#include "loadgen/http/answer/state.h"

/* Starts a head: that of the answer, or the one after an interim answer. */
void answer_head_begin(struct answer *answer);

/* Reads lines from `at` on. Returns where it stopped: at `end`, after the head (AT_HEAD_OVER), or
 * after a problem (AT_PROBLEM). */
const char *answer_head_read(struct answer *answer, const char *at, const char *end);

#endif
