/*
 * search_show - a search as the web server shows it while it goes on (web/board/runner.h:
 * on_search).
 *
 * Threads, memory: the search is only read; the caller owns the JSON.
 */
#ifndef LOADGEN_COMMAND_SEARCH_SEARCH_SHOW_H
#define LOADGEN_COMMAND_SEARCH_SEARCH_SHOW_H

#include <jansson.h>

#include "loadgen/capacity/capacity.h"

/* SEARCH_ENDED: it is complete, or was interrupted. SEARCH_FAILED: the run's error says why. */
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
