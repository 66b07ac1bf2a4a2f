/*
 * headers - the headers of a request that the web server reads, and the headers of every reply.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_HTTP_HEADERS_H
#define LOADGEN_WEB_HTTP_HEADERS_H

#include <microhttpd.h>

#include "loadgen/web/http/exchange.h"

/* Stores the headers in the request; they are valid as long as it is. */
void headers_read(struct MHD_Connection *connection, struct http_request *request);

/* Adds the headers of the reply, and those that keep its content from other sites and caches. */
void headers_add(struct MHD_Response *response, const struct http_reply *reply);

#endif
