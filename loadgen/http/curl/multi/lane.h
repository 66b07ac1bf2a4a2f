/*
 * lane - libcurl's connections to one address, and which address gets the next request.
 *
 *     origins -- destination --> route -- one per address --> lanes -- CURLM --> connections
 *
 * Requests take turns over the lanes (net/turns.h). Each lane has its own multi handle, which costs
 * two descriptors, because libcurl itself chooses among the idle connections of a multi handle.
 *
 * If a lane has more connections than requests, the remaining connections are idle. Some may be
 * tunnels to other origins; if no idle connection fits a request, libcurl opens a new one.
 *
 * Only bookkeeping; drive.h runs libcurl. Threads: belongs to the engine's thread. Memory:
 * curl_routes_fini; routes and lanes do not move.
 */
#ifndef LOADGEN_HTTP_CURL_MULTI_LANE_H
#define LOADGEN_HTTP_CURL_MULTI_LANE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/net/names/resolver.h"
#include "loadgen/net/turns.h"

/* The lanes to one destination. All origins behind a proxy share a route. */
struct curl_route {
    struct curl_route *next;
    struct destination *destination;
    struct turns turns; /* turns of the lanes */
    uint64_t open;      /* connections of all lanes */
    uint64_t origins;   /* number of origins that share it */
};

struct curl_lane {
    struct turn turn; /* first member: see turns.h */
    struct curl_route *route;
    uint64_t open;    /* connections, from socket(2) until they are closed or dead */
    uint64_t busy;    /* requests in libcurl */
    uint64_t calm_ns; /* when its idle time reaches the duration of its last request */

    /* Used by drive.c: */
    struct curl_drive *drive;
    struct curl_lane *next; /* in the drive's list */
    CURLM *multi;           /* NULL: no request so far, or no connection is left */
    uint64_t timer_ns;      /* when to call libcurl; UINT64_MAX: never */
    bool has_new;           /* transfers were added that libcurl has not started */
};

/* Finds or adds the route to a destination. NULL: out of memory. */
struct curl_route *curl_routes_find(struct curl_route **routes, struct destination *destination);

/*
 * The limit of a route: `of_endpoint`, the limit of one endpoint, times the origins that share the
 * route. UINT64_MAX: no limit.
 */
uint64_t curl_route_limit(const struct curl_route *route, uint64_t of_endpoint);

/* Frees all routes and lanes; their multi handles must have been freed. */
void curl_routes_fini(struct curl_route **routes);

/* Finds or adds the lane of an address. NULL: out of memory. */
struct curl_lane *curl_lane_find(struct curl_route *route, struct peer *peer);

/* The next lane in turn that has an idle connection. NULL: there is none. */
struct curl_lane *curl_lane_due(struct curl_route *route);

/*
 * Call curl_lane_begin when a request goes to libcurl, and curl_lane_end when it has ended; sent_ns
 * is 0 if it was not sent.
 */
void curl_lane_begin(struct curl_lane *lane);
void curl_lane_end(struct curl_lane *lane, uint64_t sent_ns, uint64_t now_ns);

/*
 * Call curl_lane_opened when a connection is being opened, and curl_lane_closed when it is closed
 * or dead.
 */
void curl_lane_opened(struct curl_lane *lane);
void curl_lane_closed(struct curl_lane *lane);

#endif
