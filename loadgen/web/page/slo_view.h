/*
 * slo_view - whether the active run meets its SLO so far, as JSON: the list of criteria of a report
 * (report/slo_print.h; docs/slo.md), judged as if the run ended now.
 *
 * Requests in flight are not counted before they end. Two kinds of criteria are judged only at the
 * end: those of a target, and percentages of the scheduled rate. Until then, `held`, `value`,
 * `response` and `certain` are null.
 *
 * Threads: hold the board's lock. Memory: the caller owns the list.
 */
#ifndef LOADGEN_WEB_PAGE_SLO_VIEW_H
#define LOADGEN_WEB_PAGE_SLO_VIEW_H

#include <jansson.h>

struct board;

/*
 * Null: there is no SLO, no run is active, no request has ended yet, or the run is a search, which
 * judges each trial separately.
 */
json_t *slo_view(const struct board *board);

#endif
