/*
 * engine_h2 - HTTP/2 over TLS and plain TCP on our own epoll loop; frames are nghttp2's.
 *
 * The requests of many streams go out with one send, and one recv brings the answers to many: what
 * is started while answers are being read is sent when all of them have been. The moments are those
 * of engine.h: sent is read from the clock just before the send that begins with the request, and
 * the recv's moment counts for all that came with it.
 *
 * What counts as what, where it is not as engine_h1.h has it:
 * - A connection carries up to H2_STREAMS_MAX streams, or as many as the server says if these are
 *   fewer; until the server's settings are there it is one. max_connections counts connections.
 * - What is started while a connection is being made waits for it, up to H2_STREAMS_MAX exchanges,
 *   and that is connect time. If it is not made, all of them have failed.
 * - An https origin that chooses HTTP/1.1 on a connection is engine_h1's from then on: that
 *   connection, and what waited for it, is handed over.
 * - A name with several addresses gets a connection to each, and streams go to them in turn.
 * - A stream that the server did not process (REFUSED_STREAM, or above the last one of a GOAWAY) is
 *   sent again whatever its method, and counted as a retry, up to ENGINE_H2_RETRIES times. What was
 *   never sent goes to another connection uncounted, which may be one more than max_connections.
 * - On a connection that breaks, repeatable requests after which nothing more came are sent again
 *   too, if it had carried a whole answer before: it was about to be closed.
 * - A stream that times out is ended (RST_STREAM) and its connection stays, unless nothing came on
 *   it for half a time-out: then it gets no more streams.
 * - Errors of a stream or a connection are `protocol`, and begin with "http2: ".
 *
 * Threads: none of its own; see engine.h. Memory: h2_conn.h; nghttp2 allocates for each stream.
 */
#ifndef LOADGEN_HTTP_ENGINE_H2_H
#define LOADGEN_HTTP_ENGINE_H2_H

#include "loadgen/http/engine.h"

enum { ENGINE_H2_RETRIES = 5 };

extern const struct engine_type engine_h2;

/* Is the endpoint known not to speak HTTP/2? */
bool engine_h2_is_refused(struct engine *engine, uint32_t endpoint);

#endif
