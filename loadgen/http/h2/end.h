/*
 * end - ends an exchange over HTTP/2. The stream must not be in any queue. It is released before
 * `done` is called, so an exchange that `done` starts may use it.
 */
#ifndef LOADGEN_HTTP_H2_END_H
#define LOADGEN_HTTP_H2_END_H

#include "loadgen/http/h2/h2.h"

/* Passes the exchange to the owner. */
void h2_complete(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream);

void h2_fail(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream, enum outcome outcome,
             int system_error);
__attribute__((format(printf, 4, 5))) void h2_fail_protocol(struct h2 *h2, struct h2_pool *pool,
                                                            struct h2_stream *stream,
                                                            const char *format, ...);

/* Hands the exchange over to another engine; the arguments are those of engine_config.hand_over. */
void h2_hand_over(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                  const struct redirect *hop, struct link *link);

#endif
