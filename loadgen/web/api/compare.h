/*
 * compare - compares two runs of the same kind, and decides whether they differ.
 *
 *     {"a": {...}, "b": {...}, "text": "...", "metrics": [...], "remarks": ["..."]}
 *
 * A metric is {name, a, b, change, low, high, differs, text}: `change` is the relative change from
 * a to b, and `low` and `high` are its 95% interval, or null. `differs` is null if unknown.
 *
 * Searches are compared as `loadgen compare` does (capacity/compare/difference.h). Any other run is
 * cut into up to COMPARE_PARTS parts of equal length, and the means of the parts are compared, so
 * an uneven run has a wider interval. Shares of failures differ if their 95% intervals (Wilson) do
 * not overlap.
 *
 * `remarks` are sentences: one for each condition that differed (capacity/compare/conditions.h),
 * and a note on what a single run of each cannot show.
 *
 * Threads: pure functions. Memory: the caller owns the result. Errors: ERR_USAGE.
 */
#ifndef LOADGEN_WEB_API_COMPARE_H
#define LOADGEN_WEB_API_COMPARE_H

#include <jansson.h>

#include "common/err.h"

enum { COMPARE_PARTS = 10 };

/* The data of a run that is compared. Borrowed; NULL: the run has none. */
struct compare_side {
    const char *name; /* for errors */
    const char *kind; /* users, rate, capacity */
    json_t *run;      /* run_json.h */
    json_t *summary;  /* documents_summary (archive/documents.h) */
    json_t *seconds;  /* view_history (page/view.h) */
    json_t *report;   /* of a search: its document; of others: documents_report */
};

json_t *compare_sides(const struct compare_side *a, const struct compare_side *b, struct err *err);

#endif
