/*
 * search_show - the state of a search as JSON, for on_search of web/board/runner.h.
 *
 * Threads, memory: the search is only read; the caller owns the JSON.
 */
#ifndef LOADGEN_COMMAND_SEARCH_SEARCH_SHOW_H
#define LOADGEN_COMMAND_SEARCH_SEARCH_SHOW_H

#include <jansson.h>

#include "loadgen/capacity/capacity.h"

/* SEARCH_ENDED: complete or interrupted. SEARCH_FAILED: the error of the run gives the reason. */
enum search_stage {
    SEARCH_WARMS_UP,
    SEARCH_BETWEEN_TRIALS,
    SEARCH_IN_TRIAL,
    SEARCH_ENDED,
    SEARCH_FAILED,
};

/* `search` NULL: none has begun. */
json_t *search_show(const struct capacity_search *search, enum search_stage stage);

#endif
