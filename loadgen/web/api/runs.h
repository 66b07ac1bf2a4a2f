/*
 * runs - the routes of the API that start, change, stop and show runs (docs/api.md).
 *
 *     POST /api/v1/runs                 starts one
 *     GET  /api/v1/runs                 the runs that are kept, newest first
 *     GET, DELETE /api/v1/runs/ID
 *     POST /api/v1/runs/ID/stop         answers when it has ended
 *     POST /api/v1/runs/ID/change       of users, or of the rate
 *     GET  /api/v1/runs/ID/seconds      its course
 *     GET  /api/v1/runs/ID/result       its result file, or the document of its search
 *     GET  /api/v1/runs/ID/report       its report in JSON
 *     GET  /api/v1/compare?a=ID&b=ID    two of them
 *
 * A run that is on is shown from the board, others from the archive.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_API_RUNS_H
#define LOADGEN_WEB_API_RUNS_H

#include "loadgen/web/http/route.h"

/* {0} ends the list. */
extern const struct http_route runs_routes[];

#endif
