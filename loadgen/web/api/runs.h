/*
 * runs - the routes of the API that start, change, stop and show runs (docs/api.md).
 *
 *     POST /api/v1/runs                 starts one
 *     GET  /api/v1/runs                 lists the runs, newest first
 *     GET, DELETE /api/v1/runs/ID
 *     POST /api/v1/runs/ID/stop         stops it; answers when it has ended
 *     POST /api/v1/runs/ID/change       changes its users or its rate
 *     GET  /api/v1/runs/ID/seconds      its history
 *     GET  /api/v1/runs/ID/result       its result file, or the result of its search
 *     GET  /api/v1/runs/ID/report       its report in JSON
 *     GET  /api/v1/compare?a=ID&b=ID    compares two runs
 *
 * An active run is read from the board, others from the archive.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_API_RUNS_H
#define LOADGEN_WEB_API_RUNS_H

#include "loadgen/web/http/route.h"

/* {0} ends the list. */
extern const struct http_route runs_routes[];

#endif
