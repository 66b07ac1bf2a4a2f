/*
 * route - a path of the server: its methods, who has access, and the function that answers.
 *
 * Threads: `answer` is called on the server's thread.
 */
#ifndef LOADGEN_WEB_HTTP_ROUTE_H
#define LOADGEN_WEB_HTTP_ROUTE_H

#include "loadgen/web/http/exchange.h"

struct board;

/* Access: see struct access_route. */
enum http_route_kind {
    ROUTE_READS,   /* needs the token */
    ROUTE_CHANGES, /* changes something: needs the token; refused with a Referer of another site */
    ROUTE_OPEN,    /* needs no token */
    ROUTE_LOGIN,   /* needs no token; refused with a Referer of another site */
    ROUTE_PAGE,    /* needs no token; links on other sites may lead here */
};

struct http_route {
    const char *path;    /* one part may be `*`, which matches any part (http_request.id) */
    const char *methods; /* as in Allow: "GET, HEAD, OPTIONS" */
    enum http_route_kind kind;
    void (*answer)(struct board *board, struct http_request *request, struct http_reply *reply);
};

/*
 * True if the route matches the path. Stores in `id` the part that matched `*`, 1 to HTTP_ID_MAX
 * bytes, or "" if the route has no `*`.
 */
bool http_route_is_at(const struct http_route *route, const char *path, char id[HTTP_ID_MAX + 1]);

#endif
