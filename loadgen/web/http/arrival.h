/*
 * arrival - a request to the web server as it arrives: its head, then its body in pieces.
 *
 * Of a body that is longer than HTTP_BODY_MAX, the rest is dropped, up to ARRIVAL_DROPPED_MAX
 * bytes: its client sends it all before it reads why it was refused. If the head says that the body
 * is longer than both, the request is answered at once, without the body.
 *
 * Threads: the server's thread. Memory: arrival_begin to arrival_free.
 */
#ifndef LOADGEN_WEB_HTTP_ARRIVAL_H
#define LOADGEN_WEB_HTTP_ARRIVAL_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "loadgen/base/bytes.h"
#include "loadgen/web/http/exchange.h"

enum { ARRIVAL_DROPPED_MAX = 4 * 1024 * 1024 };

struct arrival {
    struct http_request request; /* its method and path are set by the server */
    bool has_head;               /* arrival_check_head was called */
    bool is_refused;             /* the body is too long to be awaited */
    bool is_counted;             /* for the server: it is resumed, or will be */
    /* private */
    bool has_nul; /* in its path, which would end there */
    bool is_complete;
    size_t dropped; /* bytes of the body */
    struct bytes body;
    char query[];
};

/* Takes the query off the URI, for which libmicrohttpd has no room. NULL: out of memory. */
struct arrival *arrival_begin(const char *uri);
void arrival_free(struct arrival *arrival);

/* The head has arrived. Returns 0, or the status of a head that is not valid (common/http/head.h).
 */
unsigned arrival_check_head(struct arrival *arrival, struct MHD_Connection *connection,
                            const char *version);

/* False: too much was dropped. */
bool arrival_add_body(struct arrival *arrival, const char *bytes, size_t length);

/* The whole body has arrived, or is not awaited: fills in the request. False: out of memory. */
bool arrival_complete(struct arrival *arrival, struct MHD_Connection *connection);

#endif
