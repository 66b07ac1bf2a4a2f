/*
 * origin - what libcurl needs to know about an origin (http/origins.h): its URL and its proxy.
 *
 * With a proxy, the destination is the proxy. libcurl gets a dummy address, so it resolves nothing.
 *
 * Threads: belongs to the engine's thread. Memory: origins_fini.
 */
#ifndef LOADGEN_HTTP_CURL_ORIGIN_H
#define LOADGEN_HTTP_CURL_ORIGIN_H

#include <curl/curl.h>

#include "loadgen/http/curl/multi/lane.h"
#include "loadgen/http/origins.h"

enum { CURL_ORIGIN_URL_MAX = 320 };

struct curl_origin {
    struct origin origin;          /* first member: see http/origins.h */
    char url[CURL_ORIGIN_URL_MAX]; /* "https://host:port" */
    bool has_proxy;
    struct proxy proxy;
    char problem[REASON_MAX];         /* why it cannot be reached; "": none */
    struct curl_slist *dummies;       /* for CURLOPT_RESOLVE */
    struct curl_slist *proxy_headers; /* for CONNECT */
    struct curl_route *route;         /* to the destination; NULL: no request yet */
    struct curl_route *own; /* only for an owner's origin: the list that holds its route */
    uint64_t in_flight;     /* number of requests in flight */
};

/* False: out of memory. */
bool curl_origins_init(struct origins *origins, const struct engine_config *config);

/* The owner's origin of an endpoint; the shared one if `owner` is NULL. NULL: out of memory. */
static inline struct curl_origin *curl_origins_at(struct origins *origins, uint32_t endpoint,
                                                  struct owner *owner)
{
    return (struct curl_origin *)origins_at(origins, endpoint, owner);
}

#endif
