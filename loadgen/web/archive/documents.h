/*
 * documents - the summary and the report of a run, as JSON for the archive.
 *
 * Threads: pure functions; hold the lock of the data. Memory: the caller owns the results.
 */
#ifndef LOADGEN_WEB_ARCHIVE_DOCUMENTS_H
#define LOADGEN_WEB_ARCHIVE_DOCUMENTS_H

#include <jansson.h>

#include "loadgen/measure/summary.h"

/*
 * {requests, failures, seconds, rate, p50_ms, p95_ms, p99_ms, max_ms, bytes_in} of all requests
 * that have ended. Latencies are null without requests.
 */
json_t *documents_summary(const struct tally *tally);

/* The JSON report of `loadgen report`. Free it. */
char *documents_report(const struct summary *summary);

/* As text; NULL for NULL. Free it. */
char *documents_dump(const json_t *json);

#endif
