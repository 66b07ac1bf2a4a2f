/*
 * headers - those of a request that the web server looks at, and those of every reply.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_HTTP_HEADERS_H
#define LOADGEN_WEB_HTTP_HEADERS_H

#include <microhttpd.h>

#include "loadgen/web/http/exchange.h"

/* Notes the headers of a request, which are valid as long as the request is. */
void headers_read(struct MHD_Connection *connection, struct http_request *request);

/* Adds the headers of the reply, and those that keep its content from other sites and caches. */
void headers_add(struct MHD_Response *response, const struct http_reply *reply);

#endif
