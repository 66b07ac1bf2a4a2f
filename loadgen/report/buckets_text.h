/*
 * buckets_text - bounds of buckets as vegeta's users write them: [0,1ms,10ms].
 *
 * Each bound begins a bucket, and the last bucket has no end. They ascend; a first one that is not
 * 0 has a bucket from 0 before it. Blanks may stand around bounds.
 *
 * Errors: ERR_USAGE that points at the place. Threads, memory: none.
 */
#ifndef LOADGEN_REPORT_BUCKETS_TEXT_H
#define LOADGEN_REPORT_BUCKETS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/measure/buckets.h"

/* `text` from `offset` on to its end; errors show the whole text. Counts are 0 then. */
bool buckets_parse(struct buckets *buckets, const char *text, size_t offset, struct err *err);

#endif
