/*
 * routes - the routes of Locust's web interface, on a board.
 *
 *     /swarm                        starts a run: swarm.h
 *     /stop                         stops it, and answers when it has ended
 *     /stats/reset                  resets the statistics
 *     /stats/requests               requests.h; with ?compat=0.8, or the board's is_compat: in the
 *                                   format of Locust 0.8
 *     /stats/requests/csv           download.h; also /stats/failures/csv, /exceptions/csv,
 *                                   /stats/requests_full_history/csv, /stats/distribution/csv
 *     /exceptions, /tasks, /worker-count
 *     /logs                         the log (board/lines.h)
 *
 * A refused request gets Locust's answer: status 200, `success` false and the reason.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_LOCUST_ROUTES_H
#define LOADGEN_WEB_LOCUST_ROUTES_H

#include "loadgen/web/http/route.h"

/* {0} ends the list. */
extern const struct http_route locust_routes[];

#endif
