/*
 * web - the web server of the page and the API: checks access, and calls the route of a request.
 *
 *     http/server.h  a request  ->  access/access.h  ->  a route  ->  board/board.h
 *
 * Threads: start and stop from one thread; the server's thread answers. Memory: the rules and the
 * board are borrowed until web_stop.
 */
#ifndef LOADGEN_WEB_WEB_H
#define LOADGEN_WEB_WEB_H

#include "common/err.h"
#include "common/http/listener.h"
#include "loadgen/web/access/access.h"
#include "loadgen/web/access/tries.h"
#include "loadgen/web/api/events.h"
#include "loadgen/web/api/metrics.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/http/server.h"

struct web {
    const struct access_rules *rules;
    struct board *board;
    /* private */
    struct http_server *server;
    struct stream *stream;
    struct events *events;
    struct run_metrics metrics;
    struct tries tries; /* wrong tokens */
};

/* Set the rules and the board first. Takes ownership of the listener, even on failure. */
bool web_start(struct web *web, struct listener *listener, struct err *err);

/* Publishes a second of the run: events, metrics. Call this after board_second. */
void web_second(struct web *web, const struct second *second);

/* Publishes the end of the run, and resumes requests that wait for it. Call this after board_end.
 * The summary may be NULL. */
void web_end(struct web *web, const struct summary *summary);

void web_stop(struct web *web);

#endif
