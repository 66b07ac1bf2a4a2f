/*
 * crew - the workers of a run as JSON, for board_workers of web/board/board.h.
 *
 * Threads: pure function. Memory: the caller owns the JSON.
 */
#ifndef LOADGEN_COMMAND_CLUSTER_CREW_H
#define LOADGEN_COMMAND_CLUSTER_CREW_H

#include <jansson.h>
#include <stddef.h>

#include "loadgen/cluster/controller/options.h"

json_t *crew_to_json(const struct controller_worker *list, size_t count);

#endif
