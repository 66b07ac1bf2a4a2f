/*
 * buckets_text - parses histogram buckets in vegeta's syntax: [0,1ms,10ms].
 *
 * Each bound begins a bucket, and the last bucket is open. Bounds ascend; if the first is not 0, a
 * bucket from 0 is added. Blanks around bounds are ignored.
 *
 * Errors: ERR_USAGE that points into the text. Threads, memory: no state.
 */
#ifndef LOADGEN_REPORT_BUCKETS_TEXT_H
#define LOADGEN_REPORT_BUCKETS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/measure/buckets.h"

/* Parses `text` from `offset` to its end; errors show the whole text. Counts are set to 0. */
bool buckets_parse(struct buckets *buckets, const char *text, size_t offset, struct err *err);

#endif
