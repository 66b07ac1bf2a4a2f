/*
 * engine_h2 - HTTP/2 over TLS and plain TCP with our own event loop; nghttp2 does the framing.
 *
 * One send carries the requests of many streams, and one recv the answers of many: requests that
 * start while answers are being read are sent together afterwards. sent_ns is read just before the
 * send that carries the first byte of the request; all answers of one recv have the same timestamp.
 *
 * Differences from h1/engine.h:
 * - A connection carries up to H2_STREAMS_MAX streams, or fewer if the server says so, but only one
 *   until the server's SETTINGS have arrived. max_connections counts connections.
 * - Up to H2_STREAMS_MAX exchanges can wait for a connection that is being opened; the wait counts
 *   as connecting. If the connection fails, all of these exchanges fail.
 * - When an https server chooses HTTP/1.1 (ALPN), the connection and the exchanges that wait for it
 *   are handed over to engine_h1, which also gets all later requests to this server.
 * - A name with several addresses gets a connection to each; streams use them in turn.
 * - A stream that the server did not process (REFUSED_STREAM, or above the last stream of a GOAWAY)
 *   is retried whatever its method, up to H2_RETRIES_MAX times. A stream that was never sent moves
 *   to another connection; this does not count as a retry, and the number of connections may then
 *   exceed max_connections by one.
 * - If a connection that has carried a complete answer breaks, idempotent requests sent since the
 *   last received byte are retried, because the server was probably closing the connection.
 * - A stream that times out is reset (RST_STREAM). Its connection stays in use, unless nothing has
 *   arrived on it for half of the timeout: then it takes no more streams.
 * - Stream and connection errors have the outcome `protocol` and a reason that begins with
 *   "http2: ".
 *
 * Threads: see http/engine.h. Memory: see conn.h; nghttp2 allocates memory for each stream.
 */
#ifndef LOADGEN_HTTP_H2_ENGINE_H
#define LOADGEN_HTTP_H2_ENGINE_H

#include "loadgen/http/engine.h"

extern const struct engine_type engine_h2;

/* True if the endpoint is known to speak HTTP/1.1 only. */
bool engine_h2_is_refused(struct engine *engine, uint32_t endpoint);

#endif
