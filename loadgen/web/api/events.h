/*
 * events - GET /api/v1/events: what happens on the board, as server-sent events.
 *
 *     reset    forget what you have: here begins a run, or what is known of it
 *     state    the state, the kind of the run, and why it failed
 *     change   what was asked for: users, rate...
 *     search   the trials of a search
 *     log      new lines of the log
 *     second   numbers so far, and the points of the history that are new
 *
 * Each client first gets all of these, then only changes. An id is GENERATION.SECONDS: the run
 * (board.h), and the number of its seconds so far. A client that reconnects with an id
 * (Last-Event-ID) gets only the points of later seconds; if the id is not of this run, it gets
 * everything. docs/api.md describes the data.
 *
 * A thread of its own, which blocks all signals, renders each event once for all clients
 * (web/http/stream.h): when it is woken, and once per second, because some states depend on the
 * time. Without clients it renders nothing. A comment follows a silence of EVENTS_SILENCE_S, so
 * that proxies keep the connection, and clients that have gone are found.
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

/* The board has changed. Never waits. */
void events_wake(struct events *events);

/* Sends what has changed at once. */
void events_flush(struct events *events);

/* With STREAM_CLIENTS clients, the next one gets 503. */
void events_answer(struct events *events, const struct http_request *request,
                   struct http_reply *reply);

#endif
