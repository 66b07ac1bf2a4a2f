/*
 * server - the HTTP server of the page and the API.
 *
 * A request is passed on when its whole body has arrived. At the limit of connections, a new one
 * evicts an old one (connection_lru.h), so silent clients cannot block others. A request with an
 * ambiguous head (head.h) is rejected. Connections idle for HTTP_IDLE_S are closed.
 *
 * A reply may continue as a stream (stream.h). Streams use at most half of the connections, and are
 * never evicted.
 *
 * The headers of every reply keep other sites from reading or framing it, allow only scripts of
 * this server, and forbid browsers to cache it.
 *
 * Threads: start and stop from one thread; a separate thread, which blocks all signals, serves the
 * requests.
 */
#ifndef LOADGEN_WEB_HTTP_SERVER_H
#define LOADGEN_WEB_HTTP_SERVER_H

#include "common/err.h"
#include "common/http/listener.h"
#include "loadgen/web/http/exchange.h"
#include "loadgen/web/http/stream.h"

enum { HTTP_CONNECTIONS = 128, HTTP_IDLE_S = 120 };

/* Maximum open files: connections, including evicted ones, and the files sent on them. */
enum { HTTP_CONNECTIONS_MAX = 2 * HTTP_CONNECTIONS, HTTP_FILES = 2 * HTTP_CONNECTIONS_MAX };

struct http_server;

/* Called on the server's thread. Fills in the reply. */
typedef void http_answer_fn(void *context, struct http_request *request, struct http_reply *reply);

/*
 * Serves on the listener's socket, and takes ownership of it, even on failure. Borrows the stream.
 * NULL: err is set.
 */
struct http_server *http_server_start(struct listener *listener, struct stream *stream,
                                      http_answer_fn *answer, void *context, struct err *err);

/*
 * Calls `answer` again for all waiting requests. Any thread may call this; it never waits for an
 * `answer` in progress. Change the state that the requests wait for before the call, so that none
 * of them misses the change.
 */
void http_server_resume(struct http_server *server);

/* Sends the replies of requests that were resumed, ends the stream, and closes connections that
 * still wait. `answer` is not called after this returns. NULL is allowed. */
void http_server_stop(struct http_server *server);

#endif
