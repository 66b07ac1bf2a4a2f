#include "loadgen/http/h2/end.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"

void h2_complete(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream)
{
    struct exchange exchange = stream->exchange;
    pool->in_flight--;
    flights_remove(&h2->flights, &stream->flight);
    h2_conns_release_stream(&h2->conns, stream);
    h2->done(h2->owner, &exchange);
}

void h2_fail(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream, enum outcome outcome,
             int system_error)
{
    struct exchange *x = &stream->exchange;
    x->done_ns = clock_now_ns();
    x->outcome = outcome;
    x->system_error = system_error;
    x->code = 0;
    x->bytes_in = 0;
    h2_complete(h2, pool, stream);
}

__attribute__((format(printf, 4, 5))) void h2_fail_protocol(struct h2 *h2, struct h2_pool *pool,
                                                            struct h2_stream *stream,
                                                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(stream->exchange.reason, sizeof stream->exchange.reason, format, args);
    va_end(args);
    h2_fail(h2, pool, stream, OUTCOME_PROTOCOL, 0);
}

void h2_hand_over(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream,
                  const struct redirect *hop, struct link *link)
{
    struct exchange so_far = stream->exchange;
    pool->in_flight--;
    flights_remove(&h2->flights, &stream->flight);
    h2_conns_release_stream(&h2->conns, stream); /* hop_bytes stay valid */
    h2->config.hand_over(h2->config.context, h2->engine.type, &so_far, hop, link);
}
