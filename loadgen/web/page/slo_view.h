/*
 * slo_view - whether the run that is on meets its SLO so far, as JSON: the list of criteria of a
 * report (report/slo_print.h; docs/slo.md), judged as if the run ended now.
 *
 * Requests in flight count when they end. Two kinds of criteria are judged only at the end, and
 * `held` and `value` are null until then: those of a target, and percentages of the scheduled rate.
 *
 * Threads: hold the board's lock. Memory: the caller owns the list.
 */
#ifndef LOADGEN_WEB_PAGE_SLO_VIEW_H
#define LOADGEN_WEB_PAGE_SLO_VIEW_H

#include <jansson.h>

struct board;

/* Null: there is no SLO, nothing is running, no request has ended yet, or a search judges each of
   its trials by itself. */
json_t *slo_view(const struct board *board);

#endif
