/*
 * h2_request - a request's headers as HTTP/2 has them.
 *
 * The request line and Host become pseudo headers; those that are about an HTTP/1.1 connection are
 * left out (RFC 9113, 8.2.2). All else goes as it is: nghttp2 turns names into small letters.
 *
 * Threads: a value of its owner. Memory: h2_request_fini; names and values are the request's own
 * bytes, and nghttp2 copies them.
 */
#ifndef LOADGEN_HTTP_H2_REQUEST_H
#define LOADGEN_HTTP_H2_REQUEST_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>

enum { H2_REQUEST_FEW = 32 };

struct h2_stream;

struct h2_request {
    nghttp2_nv *list; /* `few`, or as much as is needed */
    size_t count;
    nghttp2_nv few[H2_REQUEST_FEW];
    char digits[24]; /* of the request's number */
};

/* Of stream->request with its number; sets stream->body. False: no memory. */
bool h2_request_make(struct h2_request *request, struct h2_stream *stream);
void h2_request_fini(struct h2_request *request);

#endif
