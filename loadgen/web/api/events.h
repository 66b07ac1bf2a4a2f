/*
 * events - GET /api/v1/events: changes on the board, as server-sent events.
 *
 *     reset    discard all earlier data: a new run begins, or its data is sent again
 *     state    the state, the kind of the run, and why it failed
 *     change   the requested users, rate...
 *     search   the trials of a search
 *     log      new lines of the log
 *     second   totals so far, and new points of the history
 *
 * Each client first gets all of these, then only changes. The id of an event is GENERATION.SECONDS:
 * the generation of the run (board.h), and its seconds so far. A client that reconnects with an id
 * (Last-Event-ID) gets only the points of later seconds; if the id is not of this run, it gets
 * everything. docs/api.md describes the data.
 *
 * A separate thread, which blocks all signals, renders each event once for all clients
 * (web/http/stream.h): when it is woken, and once per second, because some states depend on the
 * time. Without clients it renders nothing. After EVENTS_SILENCE_S without an event, it sends a
 * comment, so that proxies keep the connection, and closed connections are noticed.
 *
 * Threads: start and stop from one thread; events_answer on the server's thread; the others from
 * any. Memory: events_stop. The board and the stream are borrowed.
 */
#ifndef LOADGEN_WEB_API_EVENTS_H
#define LOADGEN_WEB_API_EVENTS_H

#include "common/err.h"
#include "loadgen/web/http/exchange.h"
#include "loadgen/web/http/stream.h"

enum { EVENTS_SILENCE_S = 15 };

struct board;
struct events;

/* NULL: err is set. */
struct events *events_start(struct board *board, struct stream *stream, struct err *err);
void events_stop(struct events *events); /* NULL is allowed */

/* Call this when the board has changed. Never blocks. */
void events_wake(struct events *events);

/* Sends all changes immediately. */
void events_flush(struct events *events);

/* Answers 503 if STREAM_CLIENTS clients are connected. */
void events_answer(struct events *events, const struct http_request *request,
                   struct http_reply *reply);

#endif
