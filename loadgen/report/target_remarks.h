/*
 * target_remarks - collects, over all trials, the remarks on the target's own metrics.
 *
 * Each trial has remarks (scrape/account.h), and many trials have the same ones. Two remarks are
 * the same if they differ only in their numbers; the first one is kept.
 *
 * The trials may come from any file: missing keys and values of the wrong type are ignored.
 * Threads: no state. Memory: the list is the caller's.
 */
#ifndef LOADGEN_REPORT_TARGET_REMARKS_H
#define LOADGEN_REPORT_TARGET_REMARKS_H

#include <jansson.h>

enum { TARGET_REMARKS_WHERE = 64 };

/*
 * Returns [{"text": ..., "trial": ..., "others": ...}]: the remark, the number (from 1) of the
 * first trial that has it, and how many more trials have it.
 */
json_t *target_remarks_collect(const json_t *trials);

/* "trial 3", "trial 3 and 6 more". Returns `text`. */
const char *target_remarks_where(const json_t *remark, char text[TARGET_REMARKS_WHERE]);

#endif
