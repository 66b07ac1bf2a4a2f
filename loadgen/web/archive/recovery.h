/*
 * recovery - reads the result file of a run whose server was killed.
 *
 * The file ends with the last second that was written. If it contains the counts of each second
 * (docs/result-format.md), the history is complete up to then. If it contains individual results,
 * the history has no latencies, failures and bytes.
 *
 * Threads: one. Memory: recovery_fini, even after a failure. Errors: ERR_FAILED with the path.
 */
#ifndef LOADGEN_WEB_ARCHIVE_RECOVERY_H
#define LOADGEN_WEB_ARCHIVE_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"
#include "loadgen/web/history/history.h"

struct recovery {
    struct summary *summary;
    struct history history;
};

bool recovery_read(struct recovery *recovery, char *path, struct err *err);
void recovery_fini(struct recovery *recovery);

#endif
