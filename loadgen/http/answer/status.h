/*
 * status - reads the status line: a part of the answer reader (answer.h).
 */
#ifndef LOADGEN_HTTP_ANSWER_STATUS_H
#define LOADGEN_HTTP_ANSWER_STATUS_H

#include "loadgen/http/answer/state.h"

void answer_status_begin(struct answer *answer);

/*
 * Call this while answer->at is AT_STATUS or AT_REASON. Returns where it stopped: at `end`, after
 * the line, or after a problem.
 */
const char *answer_status_read(struct answer *answer, const char *at, const char *end);

#endif
