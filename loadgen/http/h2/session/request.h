/*
 * h2_request - converts a request's headers to HTTP/2.
 *
 * The request line and Host become pseudo-header fields; connection-specific headers are omitted
 * (RFC 9113, 8.2.2). All others are sent unchanged; nghttp2 lower-cases names.
 *
 * Threads: belongs to its owner. Memory: h2_request_fini; names and values are the request's own
 * bytes, and nghttp2 copies them.
 */
#ifndef LOADGEN_HTTP_H2_SESSION_REQUEST_H
#define LOADGEN_HTTP_H2_SESSION_REQUEST_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>

#include "loadgen/http/h2/session/stream.h"

enum { H2_REQUEST_FEW = 32 };

struct h2_request {
    nghttp2_nv *list; /* `few`, or an allocated array if more are needed */
    size_t count;
    nghttp2_nv few[H2_REQUEST_FEW];
    char digits[24]; /* of the request's number */
};

/* Converts stream->request with its number; sets stream->body. False: out of memory. */
bool h2_request_make(struct h2_request *request, struct h2_stream *stream);
void h2_request_fini(struct h2_request *request);

#endif
