/*
 * stream - publishes bytes to many clients of the web server, for server-sent events.
 *
 *     any thread  -- stream_publish -->  ring  -->  a response per client, on the server's thread
 *
 * Published bytes are stored once, in a ring of STREAM_BYTES; each client has a position in it. A
 * client whose unread bytes are overwritten is disconnected and counted. It may reconnect and ask
 * for the data that it missed. The kernel buffers about 64 kB more for each client.
 *
 * A client that has read everything waits until more is published. libmicrohttpd does not notice
 * when such a client goes away, so publish something regularly.
 *
 * Threads: stream_join only on the server's thread; the others on any. Memory: stream_destroy, when
 * the server has stopped.
 */
#ifndef LOADGEN_WEB_HTTP_STREAM_H
#define LOADGEN_WEB_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"

struct MHD_Connection;
struct MHD_Response;

enum { STREAM_BYTES = 64 * 1024, STREAM_CLIENTS = 64 };

struct stream;

/* NULL: out of memory. */
struct stream *stream_create(void);
void stream_destroy(struct stream *stream); /* NULL is allowed */

/* Sends the bytes to all clients. Never waits for one. */
void stream_publish(struct stream *stream, const char *bytes, size_t length);

/* The number of bytes published so far. */
uint64_t stream_position(struct stream *stream);

/*
 * Creates the response to a new client: first the bytes of `first`, which it takes ownership of,
 * then everything published from this position on. NULL: out of memory, or there are STREAM_CLIENTS
 * already.
 */
struct MHD_Response *stream_join(struct stream *stream, struct MHD_Connection *connection,
                                 struct bytes *first, uint64_t position);

/* Ends each response when its client has read everything, and later responses immediately. */
void stream_end(struct stream *stream);

/* For display only: they may have changed when the call returns. */
size_t stream_clients(struct stream *stream);
uint64_t stream_dropped(struct stream *stream); /* clients that were disconnected */

#endif
