/*
 * arrival - a request to the web server as it arrives: its head, then its body in pieces.
 *
 * A body is kept up to HTTP_BODY_MAX bytes. The next ARRIVAL_DROPPED_MAX bytes are read and
 * dropped, because many clients read the reply only when they have sent the whole body. If
 * Content-Length exceeds the sum of both, the request is answered immediately, without its body.
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
    struct http_request request; /* the server sets its method and path */
    bool has_head;               /* arrival_check_head was called */
    bool is_refused;             /* the body is too long, and is not awaited */
    bool is_counted;             /* for the server: suspended, or resumed and not yet answered */
    /* private */
    bool has_nul; /* in its path; libmicrohttpd would truncate it there */
    bool is_complete;
    size_t dropped; /* bytes of the body */
    struct bytes body;
    char query[];
};

/*
 * Moves the query from the URI to the arrival, because libmicrohttpd hangs on long ones
 * (head_cut_query). NULL: out of memory.
 */
struct arrival *arrival_begin(const char *uri);
void arrival_free(struct arrival *arrival);

/* The head has arrived. Returns 0, or the status of a head that is not valid (common/http/head.h).
 */
unsigned arrival_check_head(struct arrival *arrival, struct MHD_Connection *connection,
                            const char *version);

/* False: too much was dropped. */
bool arrival_add_body(struct arrival *arrival, const char *bytes, size_t length);

/* Fills in the request, once the body has arrived or is not awaited. False: out of memory. */
bool arrival_complete(struct arrival *arrival, struct MHD_Connection *connection);

#endif
