/*
 * stream - an exchange over HTTP/2, and the stream that carries it.
 *
 * A stream is in one queue at a time: waiting on a connection (conn.h), open in its session
 * (session.h), or in the free list.
 *
 * Threads: belongs to the engine's thread. Memory: allocated by h2_conns_take_stream.
 */
#ifndef LOADGEN_HTTP_H2_SESSION_STREAM_H
#define LOADGEN_HTTP_H2_SESSION_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/answer/capture.h"
#include "loadgen/http/exchange.h"
#include "loadgen/http/flights.h"
#include "loadgen/http/redirect/location.h"
#include "loadgen/target/request/source.h"

enum { H2_LOCATION_MAX = LOCATION_MAX + 2 }; /* one byte to detect longer values, and the NUL */

struct h2_conn;

/* An exchange, and the stream that carries it. */
struct h2_stream {
    struct flight flight;
    struct h2_stream *next; /* in its queue */
    struct h2_stream *prev;
    struct h2_stream *next_packed; /* of the session */
    struct h2_stream *prev_packed;
    struct h2_conn *conn;
    const struct request *request; /* being sent: the exchange's, or its hop after a redirect */
    struct request hop;
    char *hop_bytes; /* HOP_BYTES_MAX; NULL before the first redirect */
    struct slice body;
    size_t body_given; /* bytes that nghttp2 has read */
    char *location;    /* H2_LOCATION_MAX bytes; NULL: none so far */
    int32_t id;        /* 0: waiting */
    uint16_t code;     /* of the answer so far */
    unsigned assigned; /* how often a connection was chosen for it */
    bool is_hop;       /* it follows a redirect: `request` is `hop` */
    bool is_https;
    bool is_lost;      /* there was no memory for the location */
    bool is_packed;    /* in the session's `packed` */
    bool is_head_over; /* the final head is complete */
    bool is_whole;     /* the answer is complete */
    struct capture capture;
    struct exchange exchange;
};

/* A queue of streams, ordered by start time, oldest first. */
struct h2_streams {
    struct h2_stream *first;
    struct h2_stream *last;
    size_t count;
};

/* Inserts a stream after the streams that started before it. */
void h2_streams_insert(struct h2_streams *streams, struct h2_stream *stream);
void h2_streams_remove(struct h2_streams *streams, struct h2_stream *stream);

#endif
