/*
 * follow - continues after the end of a stream: the exchange is done, retried, redirected, or
 * handed over to another engine.
 */
#ifndef LOADGEN_HTTP_H2_FOLLOW_H
#define LOADGEN_HTTP_H2_FOLLOW_H

#include "loadgen/http/h2/h2.h"

/* The on_end callback of every session. */
void h2_on_end(struct h2_stream *stream, uint32_t code);

/* Sends the hop to the origin of the pool; copies its bytes. */
void h2_begin_hop(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                  const struct redirect *hop);

/*
 * Call this when the server has chosen HTTP/1.1: hands over the connection and its waiting streams.
 */
void h2_hand_over_conn(struct h2_conn *conn);

#endif
